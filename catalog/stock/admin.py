"""The admin of stock movements, and the form that adjusts the stock of a product."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.utils.translation import gettext_lazy as _

from catalog.limits import MAX_STOCK, REASON_LENGTH
from catalog.stock.models import StockMovement
from shop.core.admin import ReadOnlyAdmin


class StockAdjustmentForm(forms.Form):
    """A number of units to add or remove, with a reason."""

    delta = forms.IntegerField(
        label=_("Units"),
        min_value=-MAX_STOCK,
        max_value=MAX_STOCK,
        help_text=_("A positive number adds units, a negative number removes them."),
    )
    reason = forms.CharField(max_length=REASON_LENGTH, widget=AdminTextInputWidget)

    def clean_delta(self) -> int:
        """Reject zero."""
        delta: int = self.cleaned_data["delta"]
        if delta == 0:
            raise forms.ValidationError("Enter the number of units to add or to remove.")
        return delta


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """Stock movements, which are append-only."""

    list_display = ("id", "product", "kind", "delta", "reason", "actor", "created_at")
    list_select_related = ("product", "actor")
    list_filter = ("kind",)
    search_fields = ("product__name", "reason")
