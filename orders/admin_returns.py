"""Returns in the admin: a read-only list, with an action for each step."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from orders import services
from orders.models import Return, ReturnItem
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Work


class ReturnItemInline(ReadOnlyInline):
    """The items of a return."""

    model = ReturnItem
    fields = ("item", "quantity", "quantity_received", "quantity_restocked")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the order items in the same statement."""
        return super().get_queryset(request).select_related("item")


class ReturnInline(ReadOnlyInline):
    """The returns of an order."""

    model = Return
    fields = ("created_at", "kind", "resolution", "status", "reason", "note")
    readonly_fields = ("created_at",)
    show_change_link = True


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """Returns. A part of the units is received by the API."""

    list_display = ("id", "created_at", "order", "kind", "resolution", "status", "reason")
    list_select_related = ("order",)
    list_filter = ("status", "kind", ("created_at", admin.DateFieldListFilter))
    number_fields = ("pk", "order_id")
    search_fields = ("order__email_key__startswith",)
    search_help_text = "Number of the return or order, or the beginning of an e-mail address."
    fields = (
        *("order", "kind", "resolution", "status", "reason", "note", "answer"),
        *("requested_by", "created_at", "decided_by", "decided_at"),
        *("received_by", "received_at", "closed_at"),
    )
    readonly_fields = ("created_at",)
    inlines = (ReturnItemInline,)
    actions = ("approve", "reject", "receive", "receive_and_restock", "close")

    @admin.action(description="Approve selected returns", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Approve requested returns."""
        actor = _staff(request)
        work = Work(
            lambda row: services.approve_return(return_id=row.pk, actor=actor),
            note="The buyers get a message.",
        )
        return self.act(request, queryset, "approved", work)

    @admin.action(description="Reject selected returns", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Reject requested returns."""
        actor = _staff(request)
        work = Work(
            lambda row: services.reject_return(return_id=row.pk, actor=actor, answer=""),
            note="The buyers get a message.",
        )
        return self.act(request, queryset, "rejected", work)

    @admin.action(
        description="Receive all units of selected returns, without restocking",
        permissions=["change"],
    )
    def receive(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Record that all units arrived, and do not go into stock."""
        return self._receive(request, queryset, restock=False)

    @admin.action(
        description="Receive all units of selected returns, and restock them",
        permissions=["change"],
    )
    def receive_and_restock(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Record that all units arrived, and return them to stock."""
        return self._receive(request, queryset, restock=True)

    @admin.action(description="Close selected returns", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Close returns of which nothing is left to do."""
        actor = _staff(request)
        work = Work(lambda row: services.close_return(return_id=row.pk, actor=actor))
        return self.act(request, queryset, "closed", work)

    def _receive(
        self, request: HttpRequest, queryset: QuerySet[Any], *, restock: bool
    ) -> HttpResponse | None:
        actor = _staff(request)

        def receive(row: Return) -> None:
            services.receive_return(return_id=row.pk, actor=actor, arrived=None, restock=restock)

        note = "Their units return to stock." if restock else ""
        return self.act(request, queryset, "received", Work(receive, note=note))


def _staff(request: HttpRequest) -> User:
    """Return the member of staff. Raises PermissionDenied without one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
