"""The service that adds a variant to a product."""

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import AbstractUser
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.attributes.models import ProductTag
from catalog.limits import MAX_VARIANTS, OPTIONS_BYTES
from catalog.products.errors import OptionsMissing, SetOnProduct, VariantLimit
from catalog.products.families import Family, lock_family
from catalog.products.fields import INHERITED, NewVariant
from catalog.products.models import Product
from catalog.products.writes import FamilyChanges, RowChanges, save_families, set_backorder
from catalog.tax_classes.services import check_tax_classes
from shop.core.errors import InvalidField
from shop.core.transactions import transactional

OPTIONS_TOO_LONG = format_lazy(
    _("The option values have more than {limit} bytes together."), limit=f"{OPTIONS_BYTES:,}"
)


@transactional
def create_variant(
    *, product_id: int, variant: NewVariant, actor: AbstractUser | None = None
) -> Product:
    """Add a variant to a product that has options.

    Raises ProductNotFound, SetOnProduct if the id is that of a variant, OptionsMissing,
    VariantExists, VariantLimit, SkuTaken, StockUntracked, InvalidField.
    """
    family = lock_family(product_id)
    if family.product.pk != product_id:
        product = family.product
        raise SetOnProduct(fields=["variants"], product_id=product.pk, name=product.name)
    return insert_variants(family, [variant], actor)[0]


def insert_variants(
    family: Family, variants: Sequence[NewVariant], actor: AbstractUser | None
) -> list[Product]:
    """Insert variants of a product that the caller has locked, and return their rows.

    Raises OptionsMissing, VariantExists, VariantLimit, SkuTaken, StockUntracked, InvalidField.
    """
    product = family.product
    if len(family.variants) + len(variants) > MAX_VARIANTS:
        raise VariantLimit(limit=MAX_VARIANTS)
    check_tax_classes(variant.get("tax_class_id") for variant in variants)
    changes = FamilyChanges.of(family)
    for position, variant in enumerate(variants, start=len(family.variants)):
        given = {name: value for name, value in variant.items() if name != "choice"}
        inherited = {name: getattr(product, name) for name in ("price", *INHERITED)}
        row = Product(**{"position": position, **inherited, **given})
        set_backorder(row, given)
        row.options = order_option_values(product, variant["choice"])
        changes.variants.append(RowChanges(row))
    changes.copy_shared_values()
    changes.set_keywords(tags_of(product))
    save_families([changes], actor=actor, translate_errors=True)
    return [variant.row for variant in changes.variants[len(family.variants) :]]


def order_option_values(product: Product, values: Mapping[str, str]) -> list[str]:
    """Return the values in the order of the product's options.

    Raises OptionsMissing, and InvalidField if they are too long.
    """
    if not product.options or values.keys() != set(product.options):
        raise OptionsMissing(options=product.options)
    ordered = [values[name] for name in product.options]
    if not fits_index(ordered):
        raise InvalidField(field="choice", reason=OPTIONS_TOO_LONG)
    return ordered


def fits_index(values: Sequence[str]) -> bool:
    """Return whether the unique index of variants can hold these option values."""
    return sum(len(value.encode()) for value in values) <= OPTIONS_BYTES


def tags_of(product: Product) -> list[str]:
    """Return the tags of a product. One statement."""
    return list(ProductTag.objects.filter(product=product).values_list("tag", flat=True))
