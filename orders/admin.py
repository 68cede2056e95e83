"""Orders in the admin: read-only pages, with actions that change the status."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import User
from orders import services
from orders.models import Order, OrderEvent, OrderItem
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Work


class OrderItemInline(ReadOnlyInline):
    """The items of an order."""

    model = OrderItem
    fields = ("product_id", "name", "unit_price", "quantity", "line_total")
    readonly_fields = ("product_id",)


class OrderEventInline(ReadOnlyInline):
    """The timeline of an order, oldest first."""

    model = OrderEvent
    fields = ("created_at", "status", "note", "actor")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the actors in the same statement."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders, with an action for each status that staff set."""

    list_display = ("id", "user", "status", "total", "amount_paid", "created_at")
    list_select_related = ("user",)
    list_filter = ("status", ("created_at", admin.DateFieldListFilter))
    search_fields = ("user__username_key__startswith", "user__email_key__startswith")
    search_help_text = "Order number, or the beginning of a username or e-mail address."
    readonly_fields = ("payments",)
    inlines = (OrderItemInline, OrderEventInline)
    actions = ("confirm", "ship", "deliver", "cancel")

    @admin.display(description="Payments")
    def payments(self, order: Order) -> str:
        """Link to the order's payments."""
        url = reverse("admin:payments_payment_changelist")
        return format_html('<a href="{}?order__id__exact={}">Payments</a>', url, order.pk)

    @admin.action(description="Confirm selected orders", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Confirm orders that are not paid yet."""
        work = _as_staff(request, services.confirm_order, note="Confirmed by staff")
        return self.act(request, queryset, "confirmed", Work(work, amount=_total))

    @admin.action(description="Ship selected orders", permissions=["change"])
    def ship(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Record that the orders were shipped."""
        work = _as_staff(request, services.ship_order)
        return self.act(request, queryset, "shipped", Work(work, amount=_total))

    @admin.action(description="Deliver selected orders", permissions=["change"])
    def deliver(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Record that the orders were delivered."""
        work = _as_staff(request, services.deliver_order)
        return self.act(request, queryset, "delivered", Work(work, amount=_total))

    @admin.action(description="Cancel selected orders", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Cancel the orders, and return their units to stock."""
        work = _as_staff(request, services.cancel_order, note="Cancelled by staff")
        note = "Their units return to stock. A cancelled order cannot be opened again."
        return self.act(request, queryset, "cancelled", Work(work, amount=_total, note=note))


def _total(order: Order) -> tuple[Decimal, str]:
    return order.total, order.currency


def _as_staff(request: HttpRequest, service: Any, **kwargs: Any) -> Any:
    """Return a function that calls ``service`` for an order, with the signed-in user as actor.

    Raises PermissionDenied without a signed-in user.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    call = partial(service, actor=request.user, **kwargs)
    return lambda order: call(order_id=order.pk)
