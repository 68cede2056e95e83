"""The orders' desk: to look at, and to move by the services that every writer uses."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import User
from orders import services
from orders.models import Order, OrderEvent, OrderItem
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline


class OrderItemInline(ReadOnlyInline):
    """What was bought."""

    model = OrderItem
    fields = ("product_id", "name", "unit_price", "quantity", "line_total")
    readonly_fields = ("product_id",)


class OrderEventInline(ReadOnlyInline):
    """What happened."""

    model = OrderEvent
    fields = ("created_at", "status", "note", "actor")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the actors with the events."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders and their transitions."""

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
    def confirm(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Promise to deliver before the money comes."""
        note = "Confirmed by staff"
        self.act(request, queryset, "confirmed", _by(request, services.confirm_order, note=note))

    @admin.action(description="Ship selected orders", permissions=["change"])
    def ship(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Note that the goods went out."""
        self.act(request, queryset, "shipped", _by(request, services.ship_order))

    @admin.action(description="Deliver selected orders", permissions=["change"])
    def deliver(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Note that the goods arrived."""
        self.act(request, queryset, "delivered", _by(request, services.deliver_order))

    @admin.action(description="Cancel selected orders", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Cancel, and return the stock."""
        note = "Cancelled by staff"
        self.act(request, queryset, "cancelled", _by(request, services.cancel_order, note=note))


def _by(request: HttpRequest, service: Any, **kwargs: Any) -> Any:
    """Return ``service`` for one order, with the member of staff as its actor."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    serve = partial(service, actor=request.user, **kwargs)
    return lambda order: serve(order_id=order.pk)
