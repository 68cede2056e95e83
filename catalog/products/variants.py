"""The service that adds a variant to a product."""

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import AbstractUser

from catalog.attributes.models import ProductTag
from catalog.limits import MAX_VARIANTS
from catalog.products.errors import OptionsMissing, SetOnProduct, VariantLimit
from catalog.products.families import Family, lock_family
from catalog.products.fields import NewVariant
from catalog.products.models import Product
from catalog.products.writes import FamilyChanges, RowChanges, save_families, set_backorder
from shop.core.transactions import transactional


@transactional
def create_variant(
    *, product_id: int, variant: NewVariant, actor: AbstractUser | None = None
) -> Product:
    """Add a variant to a product that has options.

    Raises ProductNotFound, SetOnProduct if the id is that of a variant, OptionsMissing,
    VariantExists, VariantLimit, SkuTaken, StockUntracked.
    """
    family = lock_family(product_id)
    if family.product.pk != product_id:
        raise SetOnProduct(fields=["variants"], product_id=family.product.pk)
    return insert_variants(family, [variant], actor)[0]


def insert_variants(
    family: Family, variants: Sequence[NewVariant], actor: AbstractUser | None
) -> list[Product]:
    """Insert variants of a product that the caller has locked, and return their rows.

    Raises OptionsMissing, VariantExists, VariantLimit, SkuTaken, StockUntracked.
    """
    product = family.product
    if len(family.variants) + len(variants) > MAX_VARIANTS:
        raise VariantLimit(limit=MAX_VARIANTS)
    changes = FamilyChanges.of(family)
    for position, variant in enumerate(variants, start=len(family.variants)):
        given = {name: value for name, value in variant.items() if name != "choice"}
        row = Product(**{"position": position, "price": product.price, **given})
        set_backorder(row, given)
        row.options = order_option_values(product, variant["choice"])
        changes.variants.append(RowChanges(row))
    changes.copy_shared_values()
    changes.set_keywords(tags_of(product))
    save_families([changes], actor=actor, translate_errors=True)
    return [variant.row for variant in changes.variants[len(family.variants) :]]


def order_option_values(product: Product, values: Mapping[str, str]) -> list[str]:
    """Return the values in the order of the product's options. Raises OptionsMissing."""
    if not product.options or values.keys() != set(product.options):
        raise OptionsMissing(options=product.options)
    return [values[name] for name in product.options]


def tags_of(product: Product) -> list[str]:
    """Return the tags of a product. One statement."""
    return list(ProductTag.objects.filter(product=product).values_list("tag", flat=True))
