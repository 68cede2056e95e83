"""Returns in the admin: a read-only list, with an action for each step."""

from collections.abc import Callable
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

from accounts.models import User
from orders import services
from orders.admin_search import FoundByOrder
from orders.admin_steps import staff_of
from orders.models import Return, ReturnItem, ReturnStep
from shop.core.admin import ReadOnlyInline, Work


class ReturnItemInline(ReadOnlyInline):
    """The items of a return."""

    model = ReturnItem
    fields = ("item", "quantity", "quantity_received", "quantity_restocked")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the order items in the same statement."""
        return super().get_queryset(request).select_related("item")


def _approve(actor: User) -> Work:
    note = "The buyers get a message."
    return Work(lambda row: services.approve_return(return_id=row.pk, actor=actor), note=note)


def _reject(actor: User) -> Work:
    def reject(row: Return) -> None:
        services.reject_return(return_id=row.pk, actor=actor, answer="")

    return Work(reject, note="The buyers get a message.")


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
    ReturnStep.APPROVED: ("receive", "receive_and_restock", "close"),
    ReturnStep.RECEIVED: ("close",),
}


class ReturnInline(ReadOnlyInline):
    """The returns of an order."""

    model = Return
    fields = ("created_at", "kind", "resolution", "status", "reason", "note", "steps")
    readonly_fields = ("created_at", "steps")
    show_change_link = True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the steps to those who may change returns."""
        may_change = request.user.has_perm("orders.change_return")
        return [name for name in self.fields if may_change or name != "steps"]

    @admin.display(description="Steps")
    def steps(self, row: Return) -> str:
        """Link to the steps that the status allows."""
        links = [
            (reverse(f"admin:orders_return_{name}", args=[row.pk]), name.replace("_", " "))
            for name in _OFFERED.get(ReturnStep(row.status), ())
        ]
        return format_html_join(mark_safe(" · "), '<a href="{}">{}</a>', links)


@admin.register(Return)
class ReturnAdmin(FoundByOrder):
    """Returns. A part of the units is received by the API."""

    list_display = ("id", "created_at", "order", "kind", "resolution", "status", "reason")
    list_select_related = ("order",)
    list_filter = ("status", "kind", ("created_at", admin.DateFieldListFilter))
    search_fields = ("pk",)  # it is not used, but without one there is no search
    search_help_text = "Number of the return, or what finds its order."
    fields = (
        *("order", "kind", "resolution", "status", "reason", "note", "answer"),
        *("requested_by", "created_at", "decided_by", "decided_at"),
        *("received_by", "received_at", "closed_at"),
    )
    readonly_fields = ("created_at",)
    inlines = (ReturnItemInline,)
    actions = ("approve", "reject", "receive", "receive_and_restock", "close")

    def get_urls(self) -> list[URLPattern]:
        """Add the page of each step."""
        steps = [
            path(
                f"<int:pk>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(partial(self.step_view, name=name)),
                name=f"orders_return_{name}",
            )
            for name in _WORK
        ]
        return [*steps, *super().get_urls()]

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show what a step will do with a return; if the form was sent, do it.

        Then go to the page of the order, from which steps are linked, if the user may view it.
        """
        if not self.has_change_permission(request):
            raise PermissionDenied
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        back = ""
        if request.user.has_perm("orders.view_order"):
            back = reverse("admin:orders_order_change", args=[found.order_id])
        verb, work = _WORK[name]
        return self.act_on_one(request, found, verb, work(staff_of(request)), back=back)

    @admin.action(description="Approve selected returns", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Approve requested returns."""
        return self._act(request, queryset, "approve")

    @admin.action(description="Reject selected returns", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Reject requested returns."""
        return self._act(request, queryset, "reject")

    @admin.action(
        description="Receive all units of selected returns, without restocking",
        permissions=["change"],
    )
    def receive(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Record that all units arrived, and do not go into stock."""
        return self._act(request, queryset, "receive")

    @admin.action(
        description="Receive all units of selected returns, and restock them",
        permissions=["change"],
    )
    def receive_and_restock(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Record that all units arrived, and return them to stock."""
        return self._act(request, queryset, "receive_and_restock")

    @admin.action(description="Close selected returns", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Close returns of which nothing is left to do."""
        return self._act(request, queryset, "close")

    def _act(self, request: HttpRequest, queryset: QuerySet[Any], name: str) -> HttpResponse | None:
        verb, work = _WORK[name]
        return self.act(request, queryset, verb, work(staff_of(request)))
