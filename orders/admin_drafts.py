"""Drafts in the admin: pages that create, change, send and delete them."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from cart import drafts
from cart.models import CartStatus, Draft
from orders.admin_draft_form import DraftForm, describe
from orders.admin_parts import Step
from orders.admin_steps import staff_of
from orders.admin_with_steps import WithSteps
from orders.models import Order
from orders.services import send_draft
from shop.core.admin import FormStep, Work


def _send(request: HttpRequest) -> Work:
    actor = staff_of(request)
    note = "The order is placed, and who gets the link pays it, without an account."
    return Work(lambda draft: send_draft(draft_id=draft.pk, actor=actor), note=note)


def _delete(_request: HttpRequest) -> Work:
    return Work(lambda draft: drafts.delete_draft(draft_id=draft.pk))


_WORK = {
    "send": ("sent", "change", _send),
    "discard": ("deleted", "delete", _delete),
}
"""The verb, the permission and the work of each step by the name of its URL."""


@admin.register(Draft)
class DraftAdmin(WithSteps):
    """Drafts. A form prepares them, and a step sends them."""

    list_display = ("__str__", "recipient", "shown_status", "created_by", "link_expires_at")
    list_select_related = ("cart", "customer", "created_by")
    search_fields = ("customer__email_key__startswith", "cart__email__startswith")
    search_help_text = _("Number, or the beginning of an e-mail address.")
    fields = (
        *("recipient", "shown_status", "contents", "placed_order", "created_by", "link_hours"),
        *("sent_at", "link_expires_at", "created_at"),
    )
    readonly_fields = ("recipient", "shown_status", "contents", "placed_order")
    actions = ("send",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may add drafts, as in the API."""
        return request.user.has_perm("cart.add_draft")

    def get_urls(self) -> list[URLPattern]:
        """Add the form of a draft that exists, and the pages of the steps."""
        view = self.admin_site.admin_view
        steps = [
            path(
                f"<int:pk>/{name}/",
                view(partial(self.step_view, name=name)),
                name=f"cart_draft_{name}",
            )
            for name in _WORK
        ]
        edit = path("<int:pk>/edit/", view(self.edit_view), name="cart_draft_edit")
        return [*steps, edit, *super().get_urls()]

    def offered(self, request: HttpRequest, row: Draft) -> Iterator[Step]:
        """Yield the steps of an open draft. One that is ordered can be sent again."""
        is_open = row.cart.status == CartStatus.OPEN
        labels = {
            "edit": ("change", "Edit"),
            "send": ("change", "Send the payment link" if is_open else "Send the link again"),
            "discard": ("delete", "Delete"),
        }
        for name, (verb, label) in labels.items():
            is_possible = is_open or name == "send"
            if is_possible and request.user.has_perm(f"cart.{verb}_draft"):
                yield Step(label, reverse(f"admin:cart_draft_{name}", args=[row.pk]))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Prepare a new draft."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._form_view(request, None)

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change a draft."""
        return self._form_view(request, self._draft(request, pk, "change"))

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show what a step will do with a draft; if the form was sent, do it."""
        verb, needed, work = _WORK[name]
        draft = self._draft(request, pk, needed)
        back = self._list_url() if name == "discard" and request.method == "POST" else ""
        return self.act_on_one(request, draft, verb, work(request), back=back)

    def _draft(self, request: HttpRequest, pk: int, verb: str) -> Draft:
        """Return a draft. Raises PermissionDenied, Http404."""
        if not request.user.has_perm(f"cart.{verb}_draft"):
            raise PermissionDenied
        rows = self.get_queryset(request).select_related("cart", "customer", "created_by")
        draft: Draft = get_object_or_404(rows, pk=pk)
        return draft

    def _form_view(self, request: HttpRequest, draft: Draft | None) -> HttpResponse:
        may_override = request.user.has_perm(drafts.OVERRIDE_PRICES)
        data = request.POST if request.method == "POST" else None
        form = DraftForm(draft, data, may_override=may_override)
        actor = staff_of(request)

        def save() -> Draft:
            changes: dict[str, Any] = {"changes": form.validated, "may_override": may_override}
            if draft is None:
                return drafts.create_draft(actor=actor, **changes)
            return drafts.change_draft(draft_id=draft.pk, **changes)

        step = FormStep(
            row=draft or Draft(),
            title=f"Edit {draft}" if draft else "New draft",
            submit=_("Save draft"),
            back=_page_of(draft) if draft else self._list_url(),
            begin=save,
            location=_page_of,
            effects=lambda saved: list(describe(saved)),
            finish=lambda saved: f"Saved: {saved}.",
            note=_("A draft takes no stock. The order is placed when its payment link is sent."),
        )
        return self.act_by_form(request, form, step)

    @admin.display(description=_("For"))
    def recipient(self, draft: Draft) -> str:
        """Return the customer, or the e-mail address of a guest."""
        return str(draft.customer or draft.cart.email or "")

    @admin.display(description=_("Status"))
    def shown_status(self, draft: Draft) -> str:
        """Return the status in words."""
        return str(draft.status.label)

    @admin.display(description=_("Contents"))
    def contents(self, draft: Draft) -> str:
        """Return what an open draft contains and costs at current prices, and what it lacks."""
        if draft.cart.status != CartStatus.OPEN:
            return ""
        lines = ([f"{label}: {text}"] for label, text in describe(draft))
        return format_html_join(mark_safe("<br>"), "{}", lines)

    @admin.display(description=_("Order"))
    def placed_order(self, draft: Draft) -> str:
        """Link to the order that the draft became."""
        order = Order.objects.filter(cart=draft.cart_id).first()
        if order is None:
            return ""
        url = reverse("admin:orders_order_change", args=[order.pk])
        return format_html('<a href="{}">{}</a>', url, order)

    @admin.action(description=_("Send selected drafts"), permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Place the orders of drafts, and mail the links that pay them."""
        return self.act(request, queryset, "sent", _send(request))


def _page_of(draft: Draft) -> str:
    return reverse("admin:cart_draft_change", args=[draft.pk])
