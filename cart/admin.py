"""Carts in the admin, which are read-only, and the admin of the configuration."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cart.models import Cart, CartItem
from cart.promotions.admin import PromotionAdmin, VoucherAdmin
from cart.shipping.admin import ShippingMethodAdmin, ShippingRateAdmin
from cart.taxes.admin import ShippingTaxAdmin, TaxRateAdmin, VatNumberAdmin
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline

__all__ = [
    "CartAdmin",
    "PromotionAdmin",
    "ShippingMethodAdmin",
    "ShippingRateAdmin",
    "ShippingTaxAdmin",
    "TaxRateAdmin",
    "VatNumberAdmin",
    "VoucherAdmin",
]


class CartItemInline(ReadOnlyInline):
    """The items of a cart."""

    model = CartItem
    fields = ("product", "quantity")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the products in the same statement."""
        return super().get_queryset(request).select_related("product")


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    """Open and ordered carts."""

    list_display = ("id", "user", "status", "created_at")
    list_select_related = ("user",)
    list_filter = ("status",)
    search_fields = ("user__username_key__startswith", "user__email_key__startswith")
    inlines = (CartItemInline,)
