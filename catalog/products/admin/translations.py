"""The translations on the page of a product."""

from django import forms
from django.http import HttpRequest

from catalog.admin_sections import Section
from catalog.products.models import Product
from catalog.products.services import update_product
from catalog.translations.forms import TranslatedFields, slugs_explained


class TranslationSection(Section):
    """The texts in the further languages of the shop, which sets of fields of the form show."""

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        """Read the texts."""
        super().__init__(request, product)
        pk = None if product is None else product.pk
        self.translated = TranslatedFields("product", request, pk)

    def fields(self) -> dict[str, forms.Field]:
        """Return a field for each language and text."""
        return self.translated.fields()

    def save(self, product: Product) -> None:
        """Write what changed. Raises InvalidField for a slug that another product has."""
        changes = self.translated.changes(self.form.cleaned_data)
        if changes:
            with slugs_explained(changes):
                update_product(product_id=product.pk, translations=changes)
