"""The forms for products and variants in the admin."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.utils.translation import gettext_lazy as _

from catalog.admin_sections import Section
from catalog.attributes.forms import ATTRIBUTE, SeparatedListField, attribute_values
from catalog.limits import MAX_STOCK, MAX_TAGS, OPTION_LENGTH, SKU_LENGTH, TAG_LENGTH
from catalog.products.admin.options import OptionsField, parse_options
from catalog.products.errors import StockUntracked
from catalog.products.models import Product
from shop.core.admin.forms import validate_amount
from shop.core.lines import validate_line
from shop.core.money import MAX_DIGITS

_OPTION = "option_value_"
_RENAMED = {"option_names": "options", "tag_words": "tags"}


def tracking_field() -> forms.TypedChoiceField:
    """Return the field for ``track_stock``. It is None if it is missing in a submitted form.

    A missing checkbox would end the tracking of stock, also by a form of an older release.
    """
    return forms.TypedChoiceField(
        label=_("Stock tracking"),
        choices=[(True, "is tracked"), (False, "is not tracked: it can always be ordered")],
        coerce=lambda value: str(value) == "True",
        empty_value=None,
        required=False,
        initial=True,
    )


def shipping_field() -> forms.TypedChoiceField:
    """Return the field for ``requires_shipping``, for the same reason as ``tracking_field``."""
    return forms.TypedChoiceField(
        label=_("Shipping"),
        choices=[(True, "is shipped"), (False, "is not shipped, such as a download")],
        coerce=lambda value: str(value) == "True",
        empty_value=None,
        required=False,
        initial=True,
    )


class SoldForm(forms.ModelForm):
    """A product or a variant. The base of both forms. ``ProductAdmin`` adds the sections."""

    sections: ClassVar[Sequence[Section]] = ()
    section_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the sections set initial values."""
        super().__init__(*args, **kwargs)
        for section in self.sections:
            section.bind(self)

    def clean(self) -> dict[str, Any] | None:
        """Set ``backorder`` without tracking of stock. Reject a form that only unsets it."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("track_stock", "weight", "requires_shipping"):
            if cleaned.get(name) is None:
                cleaned.pop(name, None)
        if self.add_prefix("tax_class") not in self.data:  # the form of an older release
            cleaned.pop("tax_class", None)
        if not cleaned.get("track_stock", self.instance.track_stock):
            if (
                "backorder" in self.changed_data
                and not cleaned.get("backorder")
                and not self._ends()
            ):
                self.add_error("backorder", StockUntracked().detail)
            cleaned["backorder"] = True
        self.cleaned_data = cleaned
        for section in self.sections:
            section.clean()
        return self.cleaned_data

    def save_sections(self, product: Product) -> None:
        """Save the rows that belong to the product, which is saved."""
        for section in self.sections:
            section.save(product)

    def given(self, names: Iterable[str]) -> list[str]:
        """Return the names of the fields of the row itself that have a value."""
        own = (name for name in names if name not in self.section_fields)
        return [name for name in own if name in self.cleaned_data]

    def arguments(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the values of these fields as arguments of the service."""
        values = {name: self.cleaned_data[name] for name in names}
        if "tax_class" in values:
            tax_class = values.pop("tax_class")
            values["tax_class_id"] = tax_class and tax_class.code
        return values

    def _ends(self) -> bool:
        """Return whether tracking of stock ends with this form."""
        return self.instance.pk is None or "track_stock" in self.changed_data


class ProductForm(SoldForm):
    """A product, with options and tags as lists. ``ProductAdmin`` adds a field per attribute."""

    option_names = OptionsField(
        label=_("Options"),
        required=False,
        help_text=_(
            "What variants differ in, a line for each option with its values, such as "
            "“Size: S, M, L”. Saving adds a variant for each new combination."
        ),
    )
    tag_words = SeparatedListField(
        label=_("Tags"),
        separator=",",
        max_item_length=TAG_LENGTH,
        max_items=MAX_TAGS,
        help_text=_("Separated by commas."),
    )

    class Meta:
        model = Product
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set the initial values of fields that are not columns."""
        super().__init__(*args, **kwargs)
        product = self.instance
        if product.pk is None:
            return
        self.initial["tag_words"] = sorted(row.tag for row in product.tags.all())
        for row in product.attributes.select_related("attribute"):
            number = None if row.number is None else f"{row.number.normalize():f}"
            value = next(v for v in (row.text, number, row.boolean) if v is not None)
            self.initial[f"{ATTRIBUTE}{row.attribute.slug}"] = value

    def values(self) -> dict[str, Any]:
        """Return the arguments of the service: all values of a new product, or changed ones."""
        is_new = self.instance.pk is None
        names = self.given(self.fields if is_new else self.changed_data)
        columns = self.arguments(name for name in names if not _is_attribute(name))
        values = {_RENAMED.get(name, name): value for name, value in columns.items()}
        if "options" in values:
            values["options"] = [
                option.name for option in parse_options("\n".join(values["options"]))
            ]
        if "category" in values:
            category = values.pop("category")
            values["category_id"] = category and category.pk
        attributes = attribute_values(self.cleaned_data, [n for n in names if _is_attribute(n)])
        if is_new:
            attributes = {slug: v for slug, v in attributes.items() if v is not None}
        return values | ({"attributes": attributes} if attributes else {})


class VariantForm(SoldForm):
    """A variant. ``ProductAdmin`` adds a field per option."""

    class Meta:
        model = Product
        fields = ("sku",)

    def values(self) -> dict[str, Any]:
        """Return the changed values as arguments of the service."""
        options = self.instance.parent.options
        changed = set(self.given(self.changed_data))
        choice = {name for name in changed if name.startswith(_OPTION)}
        values = self.arguments(changed - choice)
        if choice:
            values["choice"] = _option_values(options, self.cleaned_data)
        return values


class NewVariantForm(forms.Form):
    """A variant to create."""

    sku = forms.CharField(
        label="SKU", max_length=SKU_LENGTH, required=False, widget=AdminTextInputWidget
    )
    price = forms.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, min_value=0, validators=[validate_amount]
    )
    stock = forms.IntegerField(min_value=0, max_value=MAX_STOCK, initial=0)

    def __init__(self, options: list[str], *args: Any, **kwargs: Any) -> None:
        """Add a field for each option before the other fields."""
        super().__init__(*args, **kwargs)
        self.options = options
        fields = option_fields(options)
        self.fields.update(fields)
        self.order_fields(list(fields))

    def variant(self) -> dict[str, Any]:
        """Return the variant as argument of the service."""
        columns = {name: self.cleaned_data[name] for name in ("sku", "price", "stock")}
        return {"choice": _option_values(self.options, self.cleaned_data), **columns}


def option_fields(options: Sequence[str], values: Sequence[str] = ()) -> dict[str, forms.Field]:
    """Return a field for each option of a variant, by the field's name."""
    return {
        f"{_OPTION}{number}": forms.CharField(
            label=name,
            initial=value,
            max_length=OPTION_LENGTH,
            widget=AdminTextInputWidget,
            validators=[validate_line],
        )
        for number, (name, value) in enumerate(zip_longest(options, values))
    }


def _option_values(options: Sequence[str], cleaned: dict[str, Any]) -> dict[str, str]:
    return {name: cleaned[f"{_OPTION}{number}"] for number, name in enumerate(options)}


def _is_attribute(name: str) -> bool:
    return name.startswith(ATTRIBUTE)
