"""The variants on the page of a product."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from catalog.limits import MAX_VARIANTS
from catalog.products.models import Product
from shop.core.admin import ReadOnlyInline


class VariantInline(ReadOnlyInline):
    """The variants of a product, with links to their pages.

    One form for all variants would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS.
    """

    model = Product
    fk_name = "parent"
    verbose_name_plural = "variants"
    fields = ("page", "sku", "price", "stock", "backorder", "track_stock", "weight", "position")
    readonly_fields = fields
    ordering = ("position", "pk")
    max_num = MAX_VARIANTS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Exclude archived variants."""
        return super().get_queryset(request).filter(archived_at=None)

    @admin.display(description="Variant")
    def page(self, variant: Product) -> str:
        """Return a link to the page of the variant."""
        url = reverse("admin:catalog_product_change", args=[variant.pk])
        return format_html('<a href="{}">{}</a>', url, " / ".join(variant.options))
