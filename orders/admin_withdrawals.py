"""Withdrawals in the admin: a read-only list, with an action that marks them as handled."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from orders.admin_steps import staff_of
from orders.models import Withdrawal
from orders.services import accept_withdrawal, handle_withdrawal
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Work


class WithdrawalInline(ReadOnlyInline):
    """The withdrawals from an order."""

    model = Withdrawal
    fields = ("created_at", "name", "declared_items", "note", "status")
    readonly_fields = ("created_at", "declared_items")

    @admin.display(description="Items")
    def declared_items(self, withdrawal: Withdrawal) -> str:
        """Return the items in one line."""
        return describe_items(withdrawal)


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    """Withdrawals, those without an order too."""

    list_display = ("id", "created_at", "order", "order_number", "email", "name", "status")
    list_select_related = ("order",)
    list_filter = ("status", ("created_at", admin.DateFieldListFilter))
    search_fields = ("email__startswith", "name__startswith", "order_number")
    search_help_text = "Order number as it was entered, or the beginning of an address or name."
    fields = (
        *("order", "order_number", "email", "name", "declared_items", "note", "language"),
        *("created_at", "status", "handled_at", "handled_by", "accepted_return"),
    )
    readonly_fields = ("created_at", "declared_items")
    actions = ("handle", "accept")

    @admin.display(description="Items")
    def declared_items(self, withdrawal: Withdrawal) -> str:
        """Return the items in one line."""
        return describe_items(withdrawal)

    @admin.action(description="Mark selected withdrawals as handled", permissions=["change"])
    def handle(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Record that withdrawals were handled."""
        actor = staff_of(request)
        note = "Cancel the order, or record the return and the refund, before or after it."
        work = Work(lambda row: handle_withdrawal(withdrawal_id=row.pk, actor=actor), note=note)
        return self.act(request, queryset, "handled", work)

    def has_accept_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to decide about returns too."""
        return self.has_change_permission(request) and request.user.has_perm("orders.change_return")

    @admin.action(description="Accept selected withdrawals as returns", permissions=["accept"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Make an approved return of each withdrawal."""
        actor = staff_of(request)
        note = "Each becomes an approved return of the shipped units that it names."
        work = Work(lambda row: accept_withdrawal(withdrawal_id=row.pk, actor=actor), note=note)
        return self.act(request, queryset, "accepted", work)


def describe_items(withdrawal: Withdrawal) -> str:
    """Return the items of a withdrawal in one line."""
    lines = []
    for item in withdrawal.items:
        names = [str(item[name]) for name in ("name", "sku", "product_id") if name in item]
        lines.append(f"{item.get('quantity', 'all')} × {' / '.join(names)}")
    return ", ".join(lines) or "the whole order"
