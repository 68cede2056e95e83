"""Withdrawals in the admin: read-only pages, with steps that link, accept and handle them."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.admin_parts import Step
from orders.admin_steps import staff_of
from orders.admin_with_steps import WithSteps
from orders.models import Order, Withdrawal, WithdrawalStatus
from orders.models.withdrawals import NUMBER_LENGTH
from orders.services import accept_withdrawal, handle_withdrawal, link_withdrawal
from shop.core.admin import Effect, FormStep, ReadOnlyInline, Waiting, Work


class WithdrawalInline(ReadOnlyInline):
    """The withdrawals from an order."""

    model = Withdrawal
    fields = ("created_at", "name", "declared_items", "note", "status")
    readonly_fields = ("created_at", "declared_items")
    show_change_link = True

    @admin.display(description=_("Items"))
    def declared_items(self, withdrawal: Withdrawal) -> str:
        """Return the items in one line."""
        return describe_items(withdrawal)


@admin.register(Withdrawal)
class WithdrawalAdmin(WithSteps):
    """Withdrawals. One without an order is linked to one by hand."""

    list_display = ("id", "created_at", "order", "order_number", "email", "name", "status")
    list_select_related = ("order",)
    list_filter = ("status", ("created_at", admin.DateFieldListFilter))
    search_fields = ("email__startswith", "name__startswith", "order_number")
    search_help_text = _("Order number as it was entered, or the beginning of an address or name.")
    fields = (
        *("order", "order_number", "email", "name", "declared_items", "note", "language"),
        *("created_at", "status", "handled_at", "handled_by", "accepted_return"),
    )
    readonly_fields = ("created_at", "declared_items")
    waiting = (
        Waiting(_("Withdrawals to handle"), lambda: {"status__exact": WithdrawalStatus.NEW}),
    )
    actions = ("handle", "accept")

    @admin.display(description=_("Items"))
    def declared_items(self, withdrawal: Withdrawal) -> str:
        """Return the items in one line."""
        return describe_items(withdrawal)

    @admin.action(description=_("Mark selected withdrawals as handled"), permissions=["change"])
    def handle(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Record that withdrawals were handled."""
        return self.act(request, queryset, *_handling(request))

    def has_accept_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to decide about returns too."""
        return self.has_change_permission(request) and request.user.has_perm("orders.change_return")

    @admin.action(description=_("Accept selected withdrawals as returns"), permissions=["accept"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Make an approved return of each withdrawal."""
        return self.act(request, queryset, *_accepting(request))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the steps."""
        pages = {"link": self.link_view, "handle": self.handle_view, "accept": self.accept_view}
        steps = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"orders_withdrawal_{name}",
            )
            for name, view in pages.items()
        ]
        return [*steps, *super().get_urls()]

    def offered(self, request: HttpRequest, row: Withdrawal) -> Iterator[Step]:
        """Yield the steps of a new withdrawal."""
        if row.status != WithdrawalStatus.NEW or not self.has_change_permission(request):
            return
        if row.order_id is None:
            yield _step(row, "link", "Link to an order")
        elif self.has_accept_permission(request):
            yield _step(row, "accept", "Accept as a return")
        yield _step(row, "handle", "Mark as handled")

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Link a withdrawal that matches no order to one."""
        row = self._withdrawal(request, pk, is_allowed=self.has_change_permission(request))
        form = LinkForm(request.POST if request.method == "POST" else None)
        actor = staff_of(request)
        step = FormStep(
            row=row,
            title=f"Link {row} to an order",
            submit=_("Link to the order"),
            back=_page_of(row),
            begin=lambda: link_withdrawal(withdrawal_id=row.pk, actor=actor, **form.cleaned_data),
            effects=lambda order_id: list(_effects_of_link(row, order_id)),
            finish=lambda _order_id: f"Linked: {row}.",
            note=f"Declared for “{row.order_number}” by {row.name}, {row.email}.",
        )
        return self.act_by_form(request, form, step)

    def handle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether a withdrawal was handled; if the form was sent, record it."""
        row = self._withdrawal(request, pk, is_allowed=self.has_change_permission(request))
        return self.act_on_one(request, row, *_handling(request))

    def accept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether a withdrawal becomes a return; if the form was sent, accept it."""
        row = self._withdrawal(request, pk, is_allowed=self.has_accept_permission(request))
        return self.act_on_one(request, row, *_accepting(request))

    def _withdrawal(self, request: HttpRequest, pk: int, *, is_allowed: bool) -> Withdrawal:
        """Return a withdrawal. Raises PermissionDenied, Http404."""
        if not is_allowed:
            raise PermissionDenied
        row: Withdrawal = get_object_or_404(self.get_queryset(request), pk=pk)
        return row


class LinkForm(forms.Form):
    """The order of a withdrawal."""

    order_number = forms.CharField(
        max_length=NUMBER_LENGTH,
        widget=AdminTextInputWidget,
        help_text=_("In any spelling. The list of orders finds it by name, address or product."),
    )


def _handling(request: HttpRequest) -> tuple[str, Work]:
    actor = staff_of(request)
    note = "Cancel the order, or record the return and the refund, before or after it."
    work = Work(lambda row: handle_withdrawal(withdrawal_id=row.pk, actor=actor), note=note)
    return "handled", work


def _accepting(request: HttpRequest) -> tuple[str, Work]:
    actor = staff_of(request)
    note = "Each becomes an approved return of the shipped units that it names."
    work = Work(lambda row: accept_withdrawal(withdrawal_id=row.pk, actor=actor), note=note)
    return "accepted", work


def _effects_of_link(row: Withdrawal, order_id: int) -> Iterator[Effect]:
    """Yield what clerks compare before they link a withdrawal to an order."""
    order = Order.objects.select_related("user").get(pk=order_id)
    yield "Order", order.shown_number
    yield "Placed", date_format(localtime(order.created_at), "DATETIME_FORMAT")
    yield "Items", "\n".join(f"{each.quantity} × {each.name}" for each in order.items.all())
    yield "Buyer", "\n".join(filter(None, [str(order.user or ""), order.email]))
    yield "Declared by", f"{row.name}\n{row.email}"
    yield "Declared items", describe_items(row)


def _step(row: Withdrawal, name: str, label: str) -> Step:
    return Step(label, reverse(f"admin:orders_withdrawal_{name}", args=[row.pk]))


def _page_of(row: Withdrawal) -> str:
    return reverse("admin:orders_withdrawal_change", args=[row.pk])


def describe_items(withdrawal: Withdrawal) -> str:
    """Return the items of a withdrawal in one line."""
    lines = []
    for item in withdrawal.items:
        names = [str(item[name]) for name in ("name", "sku", "product_id") if name in item]
        lines.append(f"{item.get('quantity', 'all')} × {' / '.join(names)}")
    return ", ".join(lines) or gettext("the whole order")
