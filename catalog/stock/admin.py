"""Stock in the admin: adjusted with a reason, never overwritten."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget

from catalog.limits import MAX_STOCK, REASON_LENGTH
from catalog.stock.models import StockMovement
from shop.core.admin import ReadOnlyAdmin


class StockAdjustmentForm(forms.Form):
    """Pieces in or out, and why."""

    delta = forms.IntegerField(
        label="Pieces",
        min_value=-MAX_STOCK,
        max_value=MAX_STOCK,
        help_text="In, or out with a minus.",
    )
    reason = forms.CharField(max_length=REASON_LENGTH, widget=AdminTextInputWidget)

    def clean_delta(self) -> int:
        """Refuse a movement that moves nothing."""
        delta: int = self.cleaned_data["delta"]
        if delta == 0:
            raise forms.ValidationError("Say how many pieces came in or went out.")
        return delta


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """What moved stock; append-only."""

    list_display = ("id", "product", "kind", "delta", "reason", "actor", "created_at")
    list_select_related = ("product", "actor")
    list_filter = ("kind",)
    search_fields = ("product__name", "reason")
