"""Returns in the admin: a read-only list, with an action for each step."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import services
from orders.admin_parts import Step
from orders.admin_return_forms import (
    ApproveForm,
    ReceiveForm,
    RejectForm,
    approve_step,
    receive_step,
    reject_step,
)
from orders.admin_search import FoundByOrder
from orders.admin_steps import staff_of
from orders.admin_with_steps import WithSteps
from orders.models import Return, ReturnItem, ReturnStep
from shop.core.admin import ReadOnlyInline, Waiting, Work


class ReturnItemInline(ReadOnlyInline):
    """The items of a return."""

    model = ReturnItem
    fields = ("name", "quantity", "quantity_received", "quantity_restocked")
    readonly_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the order items in the same statement."""
        return super().get_queryset(request).select_related("item")

    @admin.display(description=_("Item"))
    def name(self, row: ReturnItem) -> str:
        """Return the name of the item, without the quantity that was ordered."""
        return row.item.name


def _approve(actor: User) -> Work:
    note = "The buyers get a message."
    return Work(lambda row: services.approve_return(return_id=row.pk, actor=actor), note=note)


def _reject(actor: User) -> Work:
    def reject(row: Return) -> None:
        services.reject_return(return_id=row.pk, actor=actor, answer="")

    return Work(reject, note=_("The buyers get a message."))


def _receive(actor: User, *, restock: bool) -> Work:
    def receive(row: Return) -> None:
        services.receive_return(return_id=row.pk, actor=actor, arrived=None, restock=restock)

    return Work(receive, note="Their units return to stock." if restock else "")


def _close(actor: User) -> Work:
    return Work(lambda row: services.close_return(return_id=row.pk, actor=actor))


_WORK: dict[str, tuple[str, Callable[[User], Work]]] = {
    "approve": ("approved", _approve),
    "reject": ("rejected", _reject),
    "receive": ("received", partial(_receive, restock=False)),
    "receive_and_restock": ("received", partial(_receive, restock=True)),
    "close": ("closed", _close),
}
"""The verb and the work of each step by its name, which is also the name of its URL."""

_OFFERED = {
    ReturnStep.REQUESTED: ("approve", "reject"),
    ReturnStep.APPROVED: ("receive", "close"),
    ReturnStep.RECEIVED: ("close",),
}
_LABELS = {
    "approve": "Approve",
    "reject": "Reject",
    "receive": "Receive units",
    "close": "Close",
}


def _steps_of(row: Return) -> Iterator[Step]:
    """Yield the steps that the status allows."""
    for name in _OFFERED.get(ReturnStep(row.status), ()):
        yield Step(_LABELS[name], reverse(f"admin:orders_return_{name}", args=[row.pk]))


class ReturnInline(ReadOnlyInline):
    """The returns of an order."""

    model = Return
    fields = ("created_at", "kind", "resolution", "status", "reason", "note", "steps")
    readonly_fields = ("created_at", "steps")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the order, which names the returns, in the same statement."""
        return super().get_queryset(request).select_related("order")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the steps to those who may change returns."""
        may_change = request.user.has_perm("orders.change_return")
        return [name for name in self.fields if may_change or name != "steps"]

    @admin.display(description=_("Steps"))
    def steps(self, row: Return) -> str:
        """Link to the steps that the status allows."""
        links = [(step.url, step.label) for step in _steps_of(row)]
        return format_html_join(mark_safe(" · "), '<a href="{}">{}</a>', links)


@admin.register(Return)
class ReturnAdmin(WithSteps, FoundByOrder):
    """Returns, with a page for each step, and actions for several returns."""

    list_display = ("id", "created_at", "order", "kind", "resolution", "status", "reason")
    list_select_related = ("order",)
    list_filter = ("status", "kind", ("created_at", admin.DateFieldListFilter))
    search_fields = ("pk",)  # it is not used, but without one there is no search
    search_help_text = _("Number of the return, or what finds its order.")
    fields = (
        *("order", "kind", "resolution", "status", "reason", "note", "answer"),
        *("requested_by", "created_at", "decided_by", "decided_at"),
        *("received_by", "received_at", "closed_at"),
    )
    readonly_fields = ("created_at",)
    inlines = (ReturnItemInline,)
    waiting = (
        Waiting(_("Returns to answer"), lambda: {"status__exact": ReturnStep.REQUESTED}),
        Waiting(_("Returns to receive"), lambda: {"status__exact": ReturnStep.APPROVED}),
        Waiting(_("Returns to close"), lambda: {"status__exact": ReturnStep.RECEIVED}),
    )
    actions = ("approve", "reject", "receive", "receive_and_restock", "close")

    def offered(self, request: HttpRequest, row: Return) -> Iterable[Step]:
        """Return the steps that the status allows, for those who may change returns."""
        return _steps_of(row) if self.has_change_permission(request) else ()

    def get_urls(self) -> list[URLPattern]:
        """Add the page of each step."""
        pages = {
            "approve": self.approve_view,
            "reject": self.reject_view,
            "receive": self.receive_view,
            "close": self.close_view,
        }
        steps = [
            path(
                f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"orders_return_{name}"
            )
            for name, view in pages.items()
        ]
        return [*steps, *super().get_urls()]

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve a return with an answer."""
        row = self._return(request, pk)
        form = ApproveForm(request.POST or None, initial={"resolution": row.resolution})
        return self.act_by_form(
            request,
            form,
            approve_step(row, form, staff_of(request), back=_page_after(request, row)),
        )

    def reject_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Reject a return with an answer."""
        row = self._return(request, pk)
        form = RejectForm(request.POST or None)
        return self.act_by_form(
            request, form, reject_step(row, form, staff_of(request), back=_page_after(request, row))
        )

    def receive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Record which units of a return arrived."""
        row = self._return(request, pk)
        form = ReceiveForm(row, request.POST or None)
        return self.act_by_form(
            request,
            form,
            receive_step(row, form, staff_of(request), back=_page_after(request, row)),
        )

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether nothing is left to do about a return; if the form was sent, close it."""
        row = self._return(request, pk)
        verb, work = _WORK["close"]
        return self.act_on_one(
            request, row, verb, work(staff_of(request)), back=_page_after(request, row)
        )

    def _return(self, request: HttpRequest, pk: int) -> Return:
        """Return a return. Raises PermissionDenied, Http404."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        row: Return = get_object_or_404(self.get_queryset(request).select_related("order"), pk=pk)
        return row

    @admin.action(description=_("Approve selected returns"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Approve requested returns."""
        return self._act(request, queryset, "approve")

    @admin.action(description=_("Reject selected returns"), permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Reject requested returns."""
        return self._act(request, queryset, "reject")

    @admin.action(
        description=_("Receive all units of selected returns, without restocking"),
        permissions=["change"],
    )
    def receive(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Record that all units arrived, and do not go into stock."""
        return self._act(request, queryset, "receive")

    @admin.action(
        description=_("Receive all units of selected returns, and restock them"),
        permissions=["change"],
    )
    def receive_and_restock(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Record that all units arrived, and return them to stock."""
        return self._act(request, queryset, "receive_and_restock")

    @admin.action(description=_("Close selected returns"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Close returns of which nothing is left to do."""
        return self._act(request, queryset, "close")

    def _act(self, request: HttpRequest, queryset: QuerySet[Any], name: str) -> HttpResponse | None:
        verb, work = _WORK[name]
        return self.act(request, queryset, verb, work(staff_of(request)))


def _page_after(request: HttpRequest, row: Return) -> str:
    """Return the page of the order, if the user may view it; otherwise that of the return."""
    if request.user.has_perm("orders.view_order"):
        return reverse("admin:orders_order_change", args=[row.order_id])
    return reverse("admin:orders_return_change", args=[row.pk])
