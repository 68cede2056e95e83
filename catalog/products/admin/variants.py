"""A product's variants on the product's page."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from catalog.products.models import Product
from shop.core.admin import ReadOnlyInline


class VariantInline(ReadOnlyInline):
    """A product's variants, each with its own page: a form of all would hold too many fields."""

    model = Product
    fk_name = "parent"
    verbose_name_plural = "variants"
    fields = ("page", "sku", "price", "stock", "backorder", "position")
    readonly_fields = fields
    ordering = ("position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Those that may still be sold."""
        return super().get_queryset(request).filter(archived_at=None)

    @admin.display(description="Variant")
    def page(self, variant: Product) -> str:
        """Link to it."""
        url = reverse("admin:catalog_product_change", args=[variant.pk])
        return format_html('<a href="{}">{}</a>', url, " / ".join(variant.options))
