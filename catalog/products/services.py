"""Every write of products, except of their stock and images; variants follow in ``variants``.

A product and its variants are locked together, in ascending id, and the catalog's revision is
bumped last.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Any, Unpack

from django.contrib.auth.models import AbstractUser
from django.db.models.functions import Now

from catalog.attributes.services import read_values
from catalog.categories.errors import CategoryNotFound
from catalog.categories.models import Category
from catalog.errors import SlugTaken
from catalog.products.errors import (
    NoOptions,
    OptionsInUse,
    PiecesOwed,
    SetOnProduct,
    SetOnVariants,
)
from catalog.products.families import Family, free_slug, lock_family
from catalog.products.fields import (
    FIELDS,
    NewVariant,
    Owner,
    ProductChanges,
    ProductDetails,
    names_of,
)
from catalog.products.models import Product
from catalog.products.variants import insert_variants, order_option_values, tags_of
from catalog.products.writes import FamilyChanges, RowChanges, save_families
from shop.core.transactions import transactional

_OF_VARIANTS = frozenset(names_of(Owner.SOLD))
_OF_A_VARIANT = frozenset(names_of(Owner.SOLD, Owner.VARIANT, Owner.EACH)) | {"choice"}


@transactional
def create_product(
    *,
    name: str,
    price: Decimal,
    stock: int = 0,
    variants: Sequence[NewVariant] = (),
    actor: AbstractUser | None = None,
    **details: Unpack[ProductDetails],
) -> Product:
    """Create a product with its initial stock, or with variants that have theirs.

    ``price`` is in the shop's currency, and that of each variant which names none. Raises
    CategoryNotFound, SlugTaken, SkuTaken, VariantExists, InvalidField. A product that is given no
    slug gets one made of its name.
    """
    product = Product(name=name, price=price, stock=stock)
    family = FamilyChanges(RowChanges(product), [])
    _apply(product, details)
    product.has_variants = bool(product.options)
    _set_details(family, details, [])
    is_named = bool(product.slug)
    product.slug = product.slug or free_slug(name)
    try:
        save_families([family], actor=actor, name_errors=True)
    except SlugTaken:
        if is_named:
            raise
        product.slug = f"{product.slug}-{token_hex(4)}"  # another product took it meanwhile
        save_families([family], actor=actor, name_errors=True)
    if variants:
        insert_variants(Family(product, []), variants, actor)
    return product


@transactional
def update_product(*, product_id: int, **changes: Unpack[ProductChanges]) -> Product:
    """Change a product, or a variant, that is not archived.

    Raises ProductNotFound, CategoryNotFound, SlugTaken, SkuTaken, VariantExists, PiecesOwed,
    OptionsInUse, SetOnVariants, SetOnProduct, InvalidField.
    """
    locked = lock_family(product_id)
    row = locked.get(product_id)
    if not changes:
        return row
    _check_owner(row, changes)
    if changes.get("backorder") is False and row.stock < 0:
        raise PiecesOwed(owed=-row.stock)
    family = FamilyChanges.of(locked)
    if row.parent_id is None and "options" in changes:
        _check_options(locked, changes["options"])
        row.has_variants = bool(changes["options"])
    _apply(row, changes)
    if "choice" in changes:
        row.options = order_option_values(locked.product, changes["choice"])
    family.align()
    if family.needs_keywords() or "tags" in changes or "attributes" in changes:
        _set_details(family, changes, tags_of(locked.product))
    save_families([family], name_errors=True)
    return row


@transactional
def archive_product(*, product_id: int) -> None:
    """Archive a product with its variants, or one variant: no read has them again.

    Their rows stay, for past orders. Raises ProductNotFound.
    """
    locked = lock_family(product_id)
    row = locked.get(product_id)
    gone = locked.rows() if row.parent_id is None else [row]
    Product.objects.filter(pk__in=[member.pk for member in gone]).update(
        archived_at=Now(), is_published=False
    )
    if row.parent_id is not None:
        locked.variants.remove(row)
    family = FamilyChanges.of(locked)
    if row.parent_id is not None:
        family.align()
        family.set_keywords(tags_of(locked.product))
    save_families([family], also_changed=[member.pk for member in gone])


def _check_owner(row: Product, changes: ProductChanges) -> None:
    """Refuse a product's fields for a variant, and a variant's for a product."""
    if row.parent_id is not None and not _OF_A_VARIANT.issuperset(changes):
        fields = sorted(changes.keys() - _OF_A_VARIANT)
        raise SetOnProduct(fields=fields, product_id=row.parent_id)
    if row.parent_id is None and "choice" in changes:
        raise NoOptions(options=[])
    if row.has_variants and (fields := sorted(_OF_VARIANTS & changes.keys())):
        raise SetOnVariants(fields=fields)


def _check_options(family: Family, options: Sequence[str]) -> None:
    """Allow other names for as many options, and anything while there is neither variant nor stock.

    A product with stock of its own could be sold twice otherwise.
    """
    product = family.product
    if family.variants and len(options) != len(product.options):
        raise OptionsInUse(variant_ids=[variant.pk for variant in family.variants])
    if options and product.stock:
        raise OptionsInUse(variant_ids=[])


def _apply(row: Product, changes: Mapping[str, Any]) -> None:
    """Set the columns that are given."""
    category_id = changes.get("category_id")
    if category_id and not Category.objects.filter(pk=category_id).exists():
        raise CategoryNotFound
    for name in changes.keys() & FIELDS.keys():
        setattr(row, name, changes[name])
    if "options" in changes:
        row.options = list(changes["options"])


def _set_details(family: FamilyChanges, changes: Mapping[str, Any], tags: list[str]) -> None:
    """Set tags, attributes and keywords of a product that has ``tags`` now."""
    wanted = list(dict.fromkeys(changes.get("tags", tags)))
    family.new_tags = [tag for tag in wanted if tag not in tags]
    family.old_tags = [tag for tag in tags if tag not in wanted]
    if "attributes" in changes:
        family.attributes = read_values(changes["attributes"])
    family.set_keywords(wanted)
