"""Every write of products, but for their stock and their pictures.

A product and its variants are locked together, in ascending id, and the catalogue's revision is
bumped last.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import AbstractUser
from django.db.models.functions import Now

from catalog import revision
from catalog.attributes.services import set_attributes, set_tags
from catalog.categories.errors import CategoryNotFound
from catalog.categories.models import Category
from catalog.prices.models import PriceChange
from catalog.products.errors import NoOptions, OptionsInUse, PiecesOwed, SetOnProduct, SetOnVariants
from catalog.products.families import Family, insert_product, lock_family, save_row
from catalog.products.models import Product
from catalog.products.variants import (
    NewVariant,
    follow,
    insert_variants,
    name_variants,
    order_option_values,
    take_cheapest,
)
from catalog.stock.services import stock_new
from shop.core.transactions import transactional


class ProductDetails(TypedDict, total=False):
    """What a product may have beside name, price and stock; ``attributes`` by slug, None for none.

    ``options`` are the names that customers choose its variants by.
    """

    description: str
    slug: str
    category_id: int | None
    brand: str
    sku: str
    compare_at_price: Decimal | None
    backorder: bool
    low_stock_threshold: int | None
    is_published: bool
    publish_at: datetime | None
    options: Sequence[str]
    tags: Sequence[str]
    attributes: Mapping[str, Any]
    metadata: dict[str, str]
    private_metadata: dict[str, str]


class ProductChanges(ProductDetails, total=False):
    """What staff may change of a product; ``stock`` moves by ``adjust_stock`` instead."""

    name: str
    price: Decimal
    choice: Mapping[str, str]
    position: int


_OF_VARIANTS = frozenset({"price", "compare_at_price", "sku", "backorder", "low_stock_threshold"})
_OF_A_VARIANT = _OF_VARIANTS | {"choice", "position", "metadata", "private_metadata"}
_SHARED = ("category_id", "is_published", "publish_at")
_NO_COLUMNS = ("tags", "attributes", "choice")
_SEARCHED = frozenset({"brand", "sku", "tags", "choice"})


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
    CategoryNotFound, SlugTaken, SkuTaken, VariantExists, InvalidField.
    """
    product = Product(name=name, price=price, stock=stock)
    _apply(product, details)
    product.has_variants = bool(product.options)
    insert_product(product)
    PriceChange.objects.create(product=product, price=price)
    made = insert_variants(Family(product, []), variants)
    stock_new(quantities={row.pk: row.stock for row in (product, *made)}, actor=actor)
    _write_rows(product, details)
    family = Family(product, made)
    take_cheapest(family)
    family.index()
    revision.bump(family.pks())
    return product


@transactional
def update_product(*, product_id: int, **changes: Unpack[ProductChanges]) -> Product:
    """Change a product, or a variant, that is not archived.

    Raises ProductNotFound, CategoryNotFound, SlugTaken, SkuTaken, VariantExists, PiecesOwed,
    OptionsInUse, SetOnVariants, SetOnProduct, InvalidField.
    """
    family = lock_family(product_id)
    row = family.get(product_id)
    if not changes:
        return row
    _check_place(row, changes)
    if changes.get("backorder") is False and row.stock < 0:
        raise PiecesOwed(owed=-row.stock)
    if row.parent_id is None:
        _change_product(family, changes)
    else:
        _change_variant(family, row, changes)
    if changes.keys() & _SEARCHED:
        family.index()
    revision.bump(family.pks())
    return row


@transactional
def archive_product(*, product_id: int) -> None:
    """Take a product with its variants, or one variant, out of every read, for good.

    Their rows stay, for the books. Raises ProductNotFound.
    """
    family = lock_family(product_id)
    row = family.get(product_id)
    gone = family.rows() if row.parent_id is None else [row]
    pks = [member.pk for member in gone]
    Product.objects.filter(pk__in=pks).update(archived_at=Now(), is_published=False)
    if row.parent_id is not None:
        family.variants.remove(row)
        take_cheapest(family)
        family.index()
    revision.bump([*family.pks(), *pks])


def _change_product(family: Family, changes: ProductChanges) -> None:
    product = family.product
    if "options" in changes:
        _check_options(family, changes["options"])
        product.has_variants = bool(changes["options"])
    was = product.price
    _apply(product, changes)
    save_row(product, [*_columns(changes), "has_variants"])
    if product.price != was:
        PriceChange.objects.create(product=product, price=product.price)
    _write_rows(product, changes)
    shared = {name: getattr(product, name) for name in _SHARED if name in changes}
    if shared and family.variants:
        Product.objects.filter(pk__in=[v.pk for v in family.variants]).update(**shared)
    if "name" in changes:
        name_variants(family)


def _change_variant(family: Family, variant: Product, changes: ProductChanges) -> None:
    was = variant.price
    _apply(variant, changes)
    if "choice" in changes:
        variant.options = order_option_values(family.product, changes["choice"])
        follow(variant, family.product)
    save_row(variant, [*_columns(changes), "options", "name"])
    if variant.price != was:
        PriceChange.objects.create(product=variant, price=variant.price)
    take_cheapest(family)


def _check_place(row: Product, changes: ProductChanges) -> None:
    """Refuse what is a product's to say of a variant, and the other way round."""
    if row.parent_id is not None and not _OF_A_VARIANT.issuperset(changes):
        fields = sorted(changes.keys() - _OF_A_VARIANT)
        raise SetOnProduct(fields=fields, product_id=row.parent_id)
    if row.parent_id is None and "choice" in changes:
        raise NoOptions(options=[])
    if row.has_variants and (fields := sorted(_OF_VARIANTS & changes.keys())):
        raise SetOnVariants(fields=fields)


def _check_options(family: Family, options: Sequence[str]) -> None:
    """Allow other names for as many options; anything else only while there is nothing to choose.

    A product with stock of its own is no choice either: it would have to be sold twice.
    """
    product = family.product
    if family.variants and len(options) != len(product.options):
        raise OptionsInUse(variant_ids=[variant.pk for variant in family.variants])
    if options and product.stock:
        raise OptionsInUse(variant_ids=[])


def _apply(product: Product, changes: Mapping[str, Any]) -> None:
    category_id = changes.get("category_id")
    if category_id and not Category.objects.filter(pk=category_id).exists():
        raise CategoryNotFound
    for name in _columns(changes):
        value = changes[name]
        setattr(product, name, list(value) if name == "options" else value)


def _columns(changes: Mapping[str, Any]) -> list[str]:
    return [name for name in changes if name not in _NO_COLUMNS]


def _write_rows(product: Product, changes: Mapping[str, Any]) -> None:
    if "tags" in changes:
        set_tags(product, changes["tags"])
    if "attributes" in changes:
        set_attributes(product, changes["attributes"])
