"""The admin of tax rates, and of the rules for the tax on shipping."""

from django.contrib import admin

from cart.admin_base import ConfigurationAdmin, PartAdmin
from cart.taxes.models import ShippingTax, TaxRate
from cart.taxes.vat_numbers import VatNumber


@admin.register(TaxRate)
class TaxRateAdmin(ConfigurationAdmin):
    """Tax rates. A new rate is a new row, so that old orders can be explained."""

    list_display = ("country", "region", "tax_class", "rate", "name", "valid_from", "source")
    list_display_links = ("country", "rate")
    list_select_related = ("tax_class",)
    list_filter = ("tax_class", "country")
    search_fields = ("country__iexact", "name", "source")
    ordering = ("country", "region", "tax_class", "-valid_from")
    fields = (
        *("country", "region", "tax_class", "rate", "name", "reason", "valid_from", "source"),
        "translations",
    )


@admin.register(ShippingTax)
class ShippingTaxAdmin(PartAdmin):
    """How shipping is taxed in each country."""

    permission_model = "cart.taxrate"
    is_in_index = True
    list_display = ("country", "rule")
    ordering = ("country",)
    fields = ("country", "rule")


@admin.register(VatNumber)
class VatNumberAdmin(PartAdmin):
    """VAT numbers that were confirmed. A number that is deleted is not confirmed any more."""

    permission_model = "cart.taxrate"
    is_in_index = True
    list_display = ("number", "source", "confirmed_at")
    search_fields = ("number", "source")
    ordering = ("-pk",)
    fields = ("number", "source")
