"""The form of collections in the admin."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple

from catalog.collections.models import Collection
from catalog.products.models import Product


class CollectionForm(forms.ModelForm[Collection]):
    """A collection with its rule, or with the products that staff choose."""

    chosen = forms.ModelMultipleChoiceField(
        label="Products",
        queryset=Product.objects.not_archived().listed(),
        required=False,
        widget=AutocompleteSelectMultiple(Collection.products.field, admin.site),
        help_text="Of a collection without a rule. Including their variants.",
    )

    class Meta:
        model = Collection
        fields = (
            *("name", "slug", "description", "position", "is_published", "rule"),
            "translations",
        )
        help_texts: ClassVar[dict[str, str]] = {
            "rule": "The filters of the list of products as JSON, such as "
            '{"brand": ["Hearth"], "max_price": "20.00", "in_stock": true}. Empty: choose products.'
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Select the products that staff have chosen."""
        super().__init__(*args, **kwargs)
        collection = self.instance
        if "chosen" in self.fields and collection.pk and collection.rule is None:
            self.initial["chosen"] = list(collection.products.order_by("pk"))

    def clean_chosen(self) -> list[int]:
        """Return the ids."""
        return [product.pk for product in self.cleaned_data["chosen"]]
