"""The admin of shipping methods, whose page lists their rates."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cart.admin_base import ConfigurationAdmin, PartAdmin, places_field
from cart.shipping import overlaps
from cart.shipping.models import ShippingMethod, ShippingRate
from shop.core.admin import ReadOnlyInline


class RateForm(forms.ModelForm):
    """A rate, with its places separated by commas."""

    countries = places_field("Countries", "ISO 3166-1 codes: DE, AT, CH.", required=True)
    regions = places_field(
        "Regions", "Codes of regions of the country, such as CA, NY. Empty: the whole country."
    )
    postal_prefixes = places_field(
        "Postal codes", "How they begin, such as 35, 38. Empty: all postal codes."
    )

    class Meta:
        model = ShippingRate
        fields = ("method",)


class RateInline(ReadOnlyInline):
    """The rates of a method."""

    model = ShippingRate
    verbose_name_plural = _("rates")
    fields = ("places", "band", "price", "pages")
    readonly_fields = fields
    ordering = ("pk",)

    @admin.display(description=_("For"))
    def places(self, rate: ShippingRate) -> str:
        """Return the countries, with regions or postal codes."""
        return str(rate)

    @admin.display(description=_("Applies to"))
    def band(self, rate: ShippingRate) -> str:
        """Return the bands."""
        return overlaps.band_of(rate)

    @admin.display(description="")
    def pages(self, rate: ShippingRate) -> str:
        """Return links to the pages that change and delete the rate."""
        change, delete = (
            reverse(f"admin:cart_shippingrate_{name}", args=[rate.pk])
            for name in ("change", "delete")
        )
        return format_html('<a href="{}">Change</a> · <a href="{}">Delete</a>', change, delete)


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ConfigurationAdmin):
    """Shipping methods. Rates have pages of their own, so that each form is saved as a whole."""

    list_display = ("name", "code", "type", "delivered_to", "free_from", "is_active", "position")
    list_filter = ("is_active", "type")
    search_fields = ("name", "code")
    ordering = ("position", "name", "id")
    prepopulated_fields = {"code": ("name",)}
    fields = (
        "name",
        "code",
        "type",
        ("earliest_days", "latest_days"),
        "free_from",
        "tax_class",
        "is_active",
        "position",
        "translations",
        "add_rate",
    )
    readonly_fields = ("add_rate",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch the rates for the list."""
        return super().get_queryset(request).prefetch_related("rates")

    def get_fields(self, request: HttpRequest, obj: ShippingMethod | None = None) -> Any:
        """Offer rates for a method that exists."""
        return self.fields if obj else self.fields[:-1]

    def get_inlines(self, request: HttpRequest, obj: ShippingMethod | None) -> list[Any]:
        """Show the rates. A form that was sent has none."""
        return [] if obj is None or request.method == "POST" else [RateInline]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Show the new method, which needs rates."""
        if "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        super().response_add(request, obj, post_url_continue)  # the message
        return HttpResponseRedirect(reverse("admin:cart_shippingmethod_change", args=[obj.pk]))

    @admin.display(description=_("Rates"))
    def add_rate(self, method: ShippingMethod) -> str:
        """Return a link to the page that adds a rate."""
        url = reverse("admin:cart_shippingrate_add")
        return format_html('<a href="{}?method={}">Add a rate</a>', url, method.pk)

    @admin.display(description=_("Ships to"))
    def delivered_to(self, method: ShippingMethod) -> str:
        """Return the countries of the rates."""
        codes = sorted({code for rate in method.rates.all() for code in rate.countries})
        return ", ".join(codes[:10]) + (" …" if len(codes) > 10 else "") or "nowhere"


@admin.register(ShippingRate)
class ShippingRateAdmin(PartAdmin):
    """Rates of shipping methods."""

    permission_model = "cart.shippingmethod"
    form = RateForm
    list_display = ("__str__", "method", "price")
    list_select_related = ("method",)
    list_filter = ("method",)
    fields = (
        "method",
        "countries",
        "regions",
        "postal_prefixes",
        ("total_from", "total_below"),
        ("weight_from", "weight_below"),
        "price",
    )

    def response_post_save_add(
        self, request: HttpRequest, obj: ShippingRate
    ) -> HttpResponseRedirect:
        """Go back to the method."""
        return _method_page(obj)

    def response_post_save_change(
        self, request: HttpRequest, obj: ShippingRate
    ) -> HttpResponseRedirect:
        """Go back to the method."""
        return _method_page(obj)


def _method_page(rate: ShippingRate) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:cart_shippingmethod_change", args=[rate.method_id]))
