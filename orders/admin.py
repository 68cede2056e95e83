"""Orders in the admin: read-only pages, with steps and actions that change the status."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cart.models import Cart
from cart.pricing.charges import TaxReason
from orders.admin_drafts import DraftAdmin
from orders.admin_fulfilments import FulfilmentInline
from orders.admin_notes import OrderNoteAdmin, OrderNoteInline
from orders.admin_page import page_of
from orders.admin_returns import ReturnAdmin, ReturnInline
from orders.admin_search import condition_of
from orders.admin_steps import WORK
from orders.admin_views import StepViews
from orders.admin_withdrawals import WithdrawalAdmin, WithdrawalInline
from orders.models import Order, OrderAdjustment, OrderEvent, OrderTax
from orders.states import OrderStatus
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Waiting

__all__ = ["DraftAdmin", "OrderAdmin", "OrderNoteAdmin", "ReturnAdmin", "WithdrawalAdmin"]


class OrderAdjustmentInline(ReadOnlyInline):
    """Discounts, shipping and fee of an order."""

    model = OrderAdjustment
    fields = ("kind", "name", "amount", "voucher", "released_at")


_TAX_REASONS: dict[str, Any] = {
    TaxReason.HOME_COUNTRY: _("Rate of the shop's country"),
    TaxReason.DESTINATION_COUNTRY: _("Rate of the country of destination"),
    TaxReason.ADDRESS_MISSING: _("Rate of the shop's country, without an address"),
    TaxReason.REVERSE_CHARGE: _("Reverse charge"),
    TaxReason.NO_RATE: _("No rate for this country"),
    TaxReason.SHIPPING_NOT_TAXED: _("Shipping is not taxed"),
}


class OrderTaxInline(ReadOnlyInline):
    """The taxes of an order by rate."""

    model = OrderTax
    fields = ("name", "rate", "country", "region", "base", "amount", "shown_reason")
    readonly_fields = ("shown_reason",)

    @admin.display(description=_("Reason"))
    def shown_reason(self, tax: OrderTax) -> str:
        """Return why the rate applies, in words."""
        return str(_TAX_REASONS.get(tax.reason, tax.reason))


class OrderEventInline(ReadOnlyInline):
    """The timeline of an order, oldest first."""

    model = OrderEvent
    fields = ("created_at", "status", "note", "actor")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the actors in the same statement."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Order)
class OrderAdmin(StepViews, ReadOnlyAdmin):
    """Orders, with a step for everything that staff do with one, and actions for several."""

    list_display = ("shown_number", "buyer", "status", "total", "amount_paid", "created_at")
    list_select_related = ("user",)
    list_filter = (
        "status",
        "payment_status",
        "fulfilment_status",
        ("created_at", admin.DateFieldListFilter),
    )
    search_fields = ("number",)  # it is not used, but without one there is no search
    search_help_text = _(
        "Order number, name, the beginning of a username or e-mail address, phone number, product, "
        "SKU, reference of a payment, or amount such as 12.50."
    )
    readonly_fields = ("shown_number",)
    waiting = (
        Waiting(
            _("Orders to ship"), lambda: {"status__in": [OrderStatus.CONFIRMED, OrderStatus.PAID]}
        ),
    )
    inlines = (
        OrderAdjustmentInline,
        OrderTaxInline,
        FulfilmentInline,
        ReturnInline,
        WithdrawalInline,
        OrderNoteInline,
        OrderEventInline,
    )
    actions = ("confirm", "ship", "deliver", "cancel", "revoke_links")

    class Media:
        css = {"all": ("shop/order.css",)}

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the order with its cart, which is named by its user, by two statements."""
        order = super().get_object(request, object_id, from_field)
        if order is not None:
            prefetch_related_objects([order], Prefetch("cart", Cart.objects.select_related("user")))
        return order

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Find orders by what the term is about (``orders.admin_search``)."""
        return queryset.filter(condition_of(search_term)) if search_term else queryset, False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the columns below the rest, when they are asked for."""
        fields = self.get_fields(request, obj)
        return [(_("All columns"), {"fields": fields, "classes": ("collapse",)})]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Add customer, addresses, statuses, items, money and steps to the page."""
        order = context["original"]
        context["page"] = page_of(request, order)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("Number"), ordering="id")
    def shown_number(self, order: Order) -> str:
        """Return the number as the buyer sees it."""
        return order.shown_number

    @admin.display(description=_("Buyer"))
    def buyer(self, order: Order) -> User | str:
        """Return the user, or the e-mail address of a guest."""
        return order.user or order.email

    @admin.action(description=_("Confirm selected orders"), permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Confirm orders that are not paid yet."""
        return self._act(request, queryset, "confirm")

    @admin.action(description=_("Ship selected orders"), permissions=["change"])
    def ship(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ship all units that are left of the orders."""
        return self._act(request, queryset, "ship")

    @admin.action(description=_("Deliver selected orders"), permissions=["change"])
    def deliver(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Record that the orders were delivered."""
        return self._act(request, queryset, "deliver")

    @admin.action(description=_("Cancel selected orders"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Cancel the orders, and return their units to stock."""
        return self._act(request, queryset, "cancel")

    @admin.action(description=_("Revoke links of selected orders"), permissions=["change"])
    def revoke_links(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Make the links to the orders in e-mails invalid."""
        return self._act(request, queryset, "revoke_links")

    def _act(
        self, request: HttpRequest, queryset: QuerySet[Order], name: str
    ) -> HttpResponse | None:
        verb, work = WORK[name]
        return self.act(request, queryset, verb, work(request))
