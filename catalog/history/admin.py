"""The admin of the change log."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.history.models import ProductChange
from shop.core.admin import ReadOnlyAdmin


@admin.register(ProductChange)
class ProductChangeAdmin(ReadOnlyAdmin):
    """What was changed about products, newest first."""

    list_display = ("created_at", "product", "field", "old", "new", "user", "how", "detail")
    list_display_links = ("created_at",)
    list_select_related = ("product", "user")
    list_filter = ("how", "field")
    search_fields = (
        *("product__name", "product__sku__exact", "user__username_key__startswith", "detail"),
        *("old__exact", "new__exact"),
    )
    search_help_text = _(
        "The number of a product or a change, a name, an SKU, a user, a value or a reason."
    )
    number_fields = ("pk", "product_id")
