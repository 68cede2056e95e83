"""Fulfilments in the admin: the form that ships units of an order, and the list on its page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.admin_units import UnitsForm
from orders.models import Fulfilment, FulfilmentState, OrderItem
from orders.models.fulfilments import CARRIER_LENGTH, TRACKING_NUMBER_LENGTH, TRACKING_URL_LENGTH
from orders.services import Tracking
from shop.core.admin import ReadOnlyInline


class FulfilForm(UnitsForm):
    """The units of an order to ship, by default all that are left, and with which carrier."""

    carrier = forms.CharField(
        max_length=CARRIER_LENGTH, required=False, widget=AdminTextInputWidget
    )
    tracking_number = forms.CharField(
        max_length=TRACKING_NUMBER_LENGTH, required=False, widget=AdminTextInputWidget
    )
    tracking_url = forms.URLField(
        max_length=TRACKING_URL_LENGTH,
        required=False,
        assume_scheme="https",
        label=_("Tracking URL"),
        help_text=_("Where the buyer follows the shipment."),
    )

    all_units = True

    def left(self, item: OrderItem) -> int:
        """Return how many units are not shipped or cancelled."""
        return item.quantity_left

    def is_shown(self, item: OrderItem) -> bool:
        """Return True: the form shows the whole order."""
        return True

    @property
    def tracking(self) -> Tracking:
        """The carrier and the number of a valid form."""
        names = ("carrier", "tracking_number", "tracking_url")
        return Tracking(**{name: self.cleaned_data[name] for name in names})


class FulfilmentInline(ReadOnlyInline):
    """The fulfilments of an order, oldest first."""

    model = Fulfilment
    fields = ("status", "units", "carrier", "tracking", "actor", "created_at", "slip", "steps")
    readonly_fields = ("units", "tracking", "slip", "steps")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch actors and items by three statements."""
        fulfilments = super().get_queryset(request).select_related("actor", "order")
        return fulfilments.prefetch_related("items__order_item")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the steps to those who may change orders."""
        may_change = request.user.has_perm("orders.change_order")
        return [name for name in self.fields if may_change or name != "steps"]

    @admin.display(description=_("Units"))
    def units(self, fulfilment: Fulfilment) -> str:
        """Return the quantities with the names of the items."""
        items = fulfilment.items.all()
        return ", ".join(f"{item.quantity} × {item.order_item.name}" for item in items)

    @admin.display(description=_("Tracking"))
    def tracking(self, fulfilment: Fulfilment) -> str:
        """Return the tracking number, as a link if the URL is known."""
        number, url = fulfilment.tracking_number, fulfilment.tracking_url
        return format_html('<a href="{}">{}</a>', url, number or url) if url else number

    @admin.display(description=_("Packing slip"))
    def slip(self, fulfilment: Fulfilment) -> str:
        """Link to the packing slip of the fulfilment."""
        if fulfilment.status == FulfilmentState.CANCELLED:
            return ""
        args = [fulfilment.order_id, fulfilment.pk]
        url = reverse("admin:orders_order_fulfilment_slip", args=args)
        return format_html('<a href="{}">{}</a>', url, gettext("Print"))

    @admin.display(description=_("Steps"))
    def steps(self, fulfilment: Fulfilment) -> str:
        """Link to what can be done with a shipped fulfilment."""
        if fulfilment.status != FulfilmentState.SHIPPED:
            return ""
        args = [fulfilment.order_id, fulfilment.pk]
        links = [
            (reverse(f"admin:orders_order_{name}_fulfilment", args=args), name.capitalize())
            for name in ("deliver", "cancel")
        ]
        return format_html_join(mark_safe(" · "), '<a href="{}">{}</a>', links)
