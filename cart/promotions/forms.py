"""The forms of promotions and vouchers in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminDateWidget,
    AdminTextInputWidget,
    AutocompleteSelect,
)
from django.core.validators import RegexValidator

from cart.models import MAX_QUANTITY
from cart.promotions.models import CODE_LENGTH, NAME_LENGTH, Promotion
from cart.promotions.services import MAX_CODES, RANDOM_LENGTH
from catalog.models import Product
from shop.core.countries import country_name

MAX_PRODUCTS = 4


class SampleForm(forms.Form):
    """A sample cart."""

    def __init__(self, countries: tuple[str, ...], *args: Any, **kwargs: Any) -> None:
        """Add a field for each product and its quantity."""
        super().__init__(*args, **kwargs)
        products = Product.objects.not_archived().filter(has_variants=False)
        for number in range(1, MAX_PRODUCTS + 1):
            self.fields[f"product_{number}"] = forms.ModelChoiceField(
                products,
                label=f"Product {number}",
                required=number == 1,
                widget=AutocompleteSelect(Promotion._meta.get_field("products"), admin.site),  # noqa: SLF001 - documented by Django
            )
            self.fields[f"quantity_{number}"] = forms.IntegerField(
                label="Quantity", min_value=1, max_value=MAX_QUANTITY, initial=1
            )
        names = [(code, f"{country_name(code)} ({code})") for code in countries]
        self.fields["country"] = forms.ChoiceField(
            label="Ship to", choices=[("", "no address yet"), *names], required=False
        )
        self.fields["day"] = forms.DateField(
            label="Day", required=False, widget=AdminDateWidget, help_text="Empty: today."
        )
        self.fields["is_repeated"] = forms.BooleanField(
            label="The buyer has ordered before", required=False
        )

    def quantities(self) -> dict[int, int]:
        """Return the quantities by the ids of the products."""
        found: dict[int, int] = {}
        for number in range(1, MAX_PRODUCTS + 1):
            product = self.cleaned_data[f"product_{number}"]
            if product is not None:
                added = self.cleaned_data[f"quantity_{number}"]
                found[product.pk] = min(found.get(product.pk, 0) + added, MAX_QUANTITY)
        return found


class CodesForm(forms.Form):
    """Many codes at once."""

    number = forms.IntegerField(label="How many", min_value=1, max_value=MAX_CODES, initial=100)
    code_prefix = forms.CharField(
        max_length=CODE_LENGTH - RANDOM_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
        validators=[RegexValidator(r"^\w[\w.-]*$", "Use letters, digits, - and _ only.")],
        help_text=f"What each code begins with, such as FAIR-. {RANDOM_LENGTH} random letters and "
        "digits follow.",
    )
    batch = forms.CharField(
        label="Name of the batch",
        max_length=NAME_LENGTH,
        widget=AdminTextInputWidget,
        help_text="To find the codes again, such as Fair 2027.",
    )
    max_uses = forms.IntegerField(
        label="Uses of each code",
        min_value=1,
        initial=1,
        required=False,
        help_text="How many orders can use it. Empty: no limit.",
    )
    max_uses_per_customer = forms.IntegerField(
        label="Uses of each customer", min_value=1, required=False, help_text="Empty: no limit."
    )
