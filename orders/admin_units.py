"""Forms of the admin with a quantity for each item of an order."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget

from cart.models import MAX_QUANTITY
from orders.models import Order, OrderItem

_UNITS = "units_"


class UnitsForm(forms.Form):
    """Quantities of items, by product, before the other fields. Services check what is left."""

    left_label = "left"
    """What the units that are left can be, such as "can be refunded"."""
    needs_units = True
    all_units = False
    """Whether all that are left are chosen at first."""

    def __init__(self, order: Order, data: Any = None, **kwargs: Any) -> None:
        """Add a field for each item of which units are left."""
        super().__init__(data, **kwargs)
        items = OrderItem.objects.filter(order=order).order_by("pk")
        self.fields = {**dict(map(self._field, filter(self.is_shown, items))), **self.fields}

    def left(self, item: OrderItem) -> int:
        """Return how many units can be chosen."""
        raise NotImplementedError

    def is_shown(self, item: OrderItem) -> bool:
        """Return whether the form has a field for the item."""
        return self.left(item) > 0

    def _field(self, item: OrderItem) -> tuple[str, forms.IntegerField]:
        left = max(0, self.left(item))
        field = forms.IntegerField(
            label=item.name,
            min_value=0,
            max_value=MAX_QUANTITY,
            initial=left if self.all_units else 0,
            required=False,
            widget=AdminIntegerFieldWidget,
            help_text=f"SKU {item.sku or '–'}, {left} {self.left_label}",
        )
        return f"{_UNITS}{item.product_id}", field

    @property
    def units(self) -> dict[int, int]:
        """The units that were chosen, by product, of a valid form."""
        return {
            int(name.removeprefix(_UNITS)): quantity
            for name, quantity in self.cleaned_data.items()
            if name.startswith(_UNITS) and quantity
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a form without units, if it needs them."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.needs_units and not self.errors and not self.units:
            raise forms.ValidationError("Enter the quantity of at least one item.")
        return cleaned
