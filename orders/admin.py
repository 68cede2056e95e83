"""Orders in the admin: read-only pages, with actions that change the status."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from accounts.models import User
from orders import services
from orders.admin_drafts import DraftAdmin
from orders.admin_notes import OrderNoteAdmin, OrderNoteInline
from orders.admin_returns import ReturnAdmin, ReturnInline
from orders.admin_withdrawals import WithdrawalAdmin, WithdrawalInline
from orders.models import (
    Fulfilment,
    Order,
    OrderAddress,
    OrderAdjustment,
    OrderEvent,
    OrderItem,
    OrderTax,
)
from orders.numbers import read_number, show_number
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Work

__all__ = ["DraftAdmin", "OrderAdmin", "OrderNoteAdmin", "ReturnAdmin", "WithdrawalAdmin"]


class OrderItemInline(ReadOnlyInline):
    """The items of an order."""

    model = OrderItem
    fields = (
        *("product_id", "name", "sku", "unit_price", "quantity", "line_total"),
        *("discount", "tax_rate", "tax"),
    )
    readonly_fields = ("product_id",)


class OrderAddressInline(ReadOnlyInline):
    """The addresses of an order, as their countries write them."""

    model = OrderAddress
    fields = ("kind", "lines", "phone", "vat_number")
    readonly_fields = ("lines",)

    @admin.display(description="Address")
    def lines(self, address: OrderAddress) -> str:
        """Return the address in lines."""
        return format_html_join(mark_safe("<br>"), "{}", ([x] for x in address.as_postal().lines()))


class OrderAdjustmentInline(ReadOnlyInline):
    """Discounts, shipping and fee of an order."""

    model = OrderAdjustment
    fields = ("kind", "name", "amount", "voucher", "released_at")


class OrderTaxInline(ReadOnlyInline):
    """The taxes of an order by rate."""

    model = OrderTax
    fields = ("name", "rate", "country", "region", "base", "amount", "reason")


class FulfilmentInline(ReadOnlyInline):
    """The fulfilments of an order, oldest first."""

    model = Fulfilment
    fields = ("status", "units", "carrier", "tracking_number", "actor", "created_at")
    readonly_fields = ("units",)
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch actors and items by three statements."""
        fulfilments = super().get_queryset(request).select_related("actor")
        return fulfilments.prefetch_related("items__order_item")

    @admin.display(description="Units")
    def units(self, fulfilment: Fulfilment) -> str:
        """Return the quantities with the names of the items."""
        items = fulfilment.items.all()
        return ", ".join(f"{item.quantity} × {item.order_item.name}" for item in items)


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

    list_display = ("shown_number", "buyer", "status", "total", "amount_paid", "created_at")
    list_select_related = ("user",)
    list_filter = (
        "status",
        "payment_status",
        "fulfilment_status",
        ("created_at", admin.DateFieldListFilter),
    )
    search_fields = (
        "user__username_key__startswith",
        "user__email_key__startswith",
        "email_key__startswith",
    )
    search_help_text = "Order number, or the beginning of a username or e-mail address."
    readonly_fields = ("shown_number", "payments", "add_note")
    inlines = (
        OrderItemInline,
        OrderAddressInline,
        OrderAdjustmentInline,
        OrderTaxInline,
        FulfilmentInline,
        ReturnInline,
        WithdrawalInline,
        OrderNoteInline,
        OrderEventInline,
    )
    actions = ("confirm", "ship", "deliver", "cancel", "revoke_links")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Find an order by its number in any spelling, too."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        number = read_number(search_term)
        if number is not None:
            found = found | queryset.filter(number=number)
        return found, may_repeat

    @admin.display(description="Number", ordering="id")
    def shown_number(self, order: Order) -> str:
        """Return the number as the buyer sees it."""
        return show_number(order.number, order_id=order.pk)

    @admin.display(description="Buyer")
    def buyer(self, order: Order) -> User | str:
        """Return the user, or the e-mail address of a guest."""
        return order.user or order.email

    @admin.display(description="Payments")
    def payments(self, order: Order) -> str:
        """Link to the order's payments."""
        url = reverse("admin:payments_payment_changelist")
        return format_html('<a href="{}?order__id__exact={}">Payments</a>', url, order.pk)

    @admin.display(description="Notes")
    def add_note(self, order: Order) -> str:
        """Link to the page that adds a note."""
        url = reverse("admin:orders_ordernote_add")
        return format_html('<a href="{}?order={}">Add a note</a>', url, order.pk)

    @admin.action(description="Confirm selected orders", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Confirm orders that are not paid yet."""
        work = _as_staff(request, services.confirm_order, note="Confirmed by staff")
        return self.act(request, queryset, "confirmed", Work(work, amount=_total))

    @admin.action(description="Ship selected orders", permissions=["change"])
    def ship(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ship all units that are left of the orders."""
        begin = _as_staff(request, services.begin_fulfilment)
        note = "Authorised payments are captured before."
        work = Work(begin, services.finish_fulfilment, amount=_total, note=note)
        return self.act(request, queryset, "shipped", work)

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

    @admin.action(description="Revoke links of selected orders", permissions=["change"])
    def revoke_links(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Make the links to the orders in e-mails invalid."""
        note = "Links in e-mails that were sent do not open the orders any more."
        work = Work(lambda order: services.revoke_links(order_id=order.pk), note=note)
        return self.act(request, queryset, "changed", work)


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
