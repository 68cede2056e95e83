"""The fields of a row in the table of variants. Their labels name the variant."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.admin_sections import stock_field
from catalog.limits import MAX_STOCK, SKU_LENGTH
from catalog.products.admin.generation import read_values
from catalog.products.models import Product
from shop.core.admin.forms import validate_amount
from shop.core.lines import validate_line
from shop.core.money import MAX_DIGITS


def title_of(values: Sequence[str]) -> str:
    """Return option values as they name a variant."""
    return " / ".join(values)


def fields_of_variant(variant: Product, *, may_archive: bool) -> dict[str, forms.Field]:
    """Return the fields of a variant that exists."""
    title = title_of(variant.options)
    fields: dict[str, forms.Field] = {
        "sku": _sku_field(title, variant.sku),
        "price": _price_field(title, variant.price),
    }
    if variant.track_stock:
        fields["stock"] = stock_field(_label(_("Stock"), title), variant.stock)
    if may_archive:
        fields["archive"] = _checkbox(_label(_("Archive"), title))
    return {f"variant_{variant.pk}_{name}": field for name, field in fields.items()}


def fields_of_new_variant(number: int, values: Sequence[str]) -> dict[str, forms.Field]:
    """Return the fields of a variant to add."""
    title = title_of(values)
    fields = {
        "values": _ValuesField(label=_label(_("Options"), title)),
        "sku": _sku_field(title),
        "price": _price_field(title),
        "stock": forms.IntegerField(
            label=_label(_("Stock"), title), min_value=0, max_value=MAX_STOCK
        ),
        "add": _checkbox(_label(_("Add"), title)),
    }
    return {f"new_{number}_{name}": field for name, field in fields.items()}


class _ValuesField(forms.CharField):
    """The option values of a new variant, which are not typed."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        """Return the list. Raises ValidationError if the form was damaged."""
        values = read_values(super().clean(value))
        if values is None:
            raise ValidationError(
                _("This form was damaged on its way. Generate the variants again.")
            )
        return values


def _label(label: str, title: str) -> str:
    return _("%(field)s of %(variant)s") % {"field": label, "variant": title}


def _sku_field(title: str, sku: str = "") -> forms.CharField:
    return forms.CharField(
        label=_label("SKU", title),
        initial=sku,
        max_length=SKU_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
        validators=[validate_line],
    )


def _price_field(title: str, price: Any = None) -> forms.DecimalField:
    return forms.DecimalField(
        label=_label(_("Price"), title),
        initial=price,
        min_value=0,
        max_digits=MAX_DIGITS,
        decimal_places=2,
        validators=[validate_amount],
    )


def _checkbox(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)
