"""The combinations of option values that products have.

Many products have the same ones, such as all sizes in two colours. Each combination is stored once,
so that lists can be filtered and counted by option values without reading the variants.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.limits import MAX_TRANSLATED_VALUES, OPTION_LENGTH
from catalog.products.models import Product
from shop.core.translations import Member, TranslationsField

OPTION_MEMBERS = {
    "name": Member(OPTION_LENGTH),
    "values": Member(OPTION_LENGTH, MAX_TRANSLATED_VALUES),
}
"""What of an option can be translated."""


class OptionSet(models.Model):
    """The options and the values of all variants that products have in common. Never changes."""

    digest = models.CharField(max_length=64, unique=True, help_text="The hash of its content.")
    options = models.JSONField(help_text="The names of the options.")
    variants = models.JSONField(help_text="The option values of each variant, as a list.")

    def __str__(self) -> str:
        return " / ".join(self.options)


class OptionSetValue(models.Model):
    """An option value of a variant in a set. Name and value are folded, to be compared."""

    # No index for this column: that of the unique constraint begins with it.
    option_set = models.ForeignKey(
        OptionSet, on_delete=models.CASCADE, related_name="values", db_index=False
    )
    variant = models.PositiveSmallIntegerField(help_text="The place of the variant in the set.")
    name = models.CharField(max_length=OPTION_LENGTH)
    value = models.CharField(max_length=OPTION_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["option_set", "variant", "name"],
                name="optionsetvalue_once",
                violation_error_message=_("A variant has one value of each option."),
            ),
        ]
        indexes = [
            # GET /api/products/?option.<name>=
            models.Index(
                fields=["name", "value", "option_set", "variant"], name="optionsetvalue_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class ProductOptionSet(models.Model):
    """The option set of a product with variants. It is derived from the variants for sale."""

    product = models.OneToOneField(
        Product, primary_key=True, on_delete=models.CASCADE, related_name="option_set"
    )
    option_set = models.ForeignKey(
        OptionSet, on_delete=models.PROTECT, related_name="products", db_index=False
    )

    class Meta:
        indexes = [
            # GET /api/products/?option.<name>=
            models.Index(fields=["option_set", "product"], name="productoptionset_products"),
        ]

    def __str__(self) -> str:
        return f"{self.option_set_id} of {self.product_id}"


class OptionTranslation(models.Model):
    """The translations of an option and its values, for all products. Only the services write it.

    Options have no table of their own: products store their names and values as texts.
    """

    name = models.CharField(
        max_length=OPTION_LENGTH, help_text="The option as products have it, such as Size."
    )
    key = models.CharField(
        max_length=OPTION_LENGTH, unique=True, editable=False, help_text="The name, folded."
    )
    translations = TranslationsField(
        members=OPTION_MEMBERS,
        help_text="Translations of the values are lines such as: Red = Rot.",
    )

    def __str__(self) -> str:
        return self.name
