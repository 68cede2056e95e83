"""The services that create, change and archive products; ``variants`` has the one for variants.

Each locks the product and its variants in ascending id, and bumps the catalog's revision last.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Any, TypedDict, Unpack, cast

from django.contrib.auth.models import AbstractUser
from django.db.models import Q
from django.utils.translation import gettext as _

from catalog.attributes.services import read_values
from catalog.categories.errors import CategoryNotFound
from catalog.categories.models import Category
from catalog.errors import SlugTaken
from catalog.history.services import Change
from catalog.products.errors import (
    OptionsInUse,
    OptionsMissing,
    SetOnProduct,
    SetOnVariants,
    UnfilledBackorders,
)
from catalog.products.families import Family, free_slug, lock_families, lock_family
from catalog.products.fields import (
    FIELDS,
    INHERITED,
    NewVariant,
    Owner,
    ProductChanges,
    ProductDetails,
    names_of,
)
from catalog.products.models import Product
from catalog.products.variants import (
    archive_rows,
    insert_variants,
    order_option_values,
    tags_of,
)
from catalog.products.writes import (
    FamilyChanges,
    RowChanges,
    save_families,
    set_backorder,
    set_description,
)
from catalog.tax_classes.services import check_tax_classes
from catalog.translations.services import remove_translations
from shop.core.errors import InvalidField
from shop.core.transactions import transactional

_BATCH = 200
_SET_ON_VARIANTS = frozenset(names_of(Owner.SOLD, without=INHERITED))
_VARIANT_FIELDS = frozenset(names_of(Owner.SOLD, Owner.VARIANT, Owner.EACH)) | {"choice"}


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
    """Create a product with its initial stock, or with variants that have their own.

    ``price`` is in the shop's currency, and the default of the variants' prices. The slug defaults
    to one made from the name. Raises CategoryNotFound, SlugTaken, SkuTaken, OptionsMissing,
    VariantExists, VariantLimit, StockUntracked, InvalidField.
    """
    product = Product(name=name, price=price, stock=stock)
    family = FamilyChanges(RowChanges(product), [])
    _set_columns(product, details)
    set_backorder(product, details)
    product.has_variants = bool(product.options)
    if product.has_variants and stock:
        raise InvalidField(
            field="stock",
            reason=_("A product with options has no stock. Please set that of its variants."),
        )
    _set_details(family, details, [])
    family.translations = details.get("translations", {})
    slug_given = bool(product.slug)
    product.slug = product.slug or free_slug(name)
    try:
        save_families([family], actor=actor, translate_errors=True)
    except SlugTaken:
        if slug_given or product.pk is not None:
            raise
        product.slug = f"{product.slug}-{token_hex(4)}"  # a concurrent request took the slug
        save_families([family], actor=actor, translate_errors=True)
    if variants:
        insert_variants(Family(product, []), variants, actor)
    return product


@transactional
def update_product(*, product_id: int, **changes: Unpack[ProductChanges]) -> Product:
    """Change a product or a variant that is not archived.

    An inherited field of a product with variants is set for each of them.

    Raises ProductNotFound, CategoryNotFound, SlugTaken, SkuTaken, VariantExists, OptionsMissing,
    OptionsInUse, SetOnVariants, SetOnProduct, StockUntracked, UnfilledBackorders, InvalidField.
    """
    locked = lock_family(product_id)
    row = locked.get(product_id)
    if not changes:
        return row
    _check_fields(row, changes)
    family = FamilyChanges.of(locked)
    if row.parent_id is None and "options" in changes:
        _check_options(locked, changes["options"])
        row.has_variants = bool(changes["options"])
    _set_columns(row, changes)
    if row.has_variants:
        _copy_inherited(family, changes)
    _set_tracking(family.changes_of(row), changes)
    if "choice" in changes:
        row.options = order_option_values(locked.product, changes["choice"])
    family.copy_shared_values()
    family.translations = changes.get("translations", {})
    if family.changes_keywords() or "tags" in changes or "attributes" in changes:
        _set_details(family, changes, tags_of(locked.product))
    save_families([family], reason="Tracking of stock begins", translate_errors=True)
    return row


class ListedChanges(TypedDict, total=False):
    """The fields that staff edit in a list."""

    price: Decimal
    is_published: bool


@transactional
def update_listed(*, changes: Mapping[int, ListedChanges]) -> list[Change]:
    """Change many products and variants at once; return the values that differ, by ascending id.

    Prices are in the shop's currency. Raises ProductNotFound, SetOnVariants and SetOnProduct.
    """
    families = lock_families(changes)
    edited = []
    done: list[Change] = []
    for locked in families:
        family = FamilyChanges.of(locked)
        for row in locked.rows():
            given = changes.get(row.pk, {})
            _check_fields(row, cast("ProductChanges", given))
            for name, value in given.items():
                if (old := getattr(row, name)) != value:
                    done.append(Change(row.pk, name, old, value))
                    setattr(row, name, value)
        family.copy_shared_values()
        edited.append(family)
    if done:
        save_families(edited, translate_errors=True)
    return sorted(done, key=lambda change: change.product_id)


@transactional
def archive_product(*, product_id: int) -> None:
    """Archive a product with its variants, or one variant. Nothing can be restored.

    The rows are kept for past orders. Raises ProductNotFound.
    """
    locked = lock_family(product_id)
    row = locked.get(product_id)
    archived = [row.pk] if row.parent_id else locked.pks()
    archive_rows(archived)
    if row.parent_id:
        locked.variants.remove(row)
    else:
        remove_translations([row.pk])
    family = FamilyChanges.of(locked)
    if row.parent_id:
        family.copy_shared_values()
        family.set_keywords(tags_of(locked.product))
    save_families([family], also_changed=archived)


def sanitize_descriptions() -> int:
    """Sanitize the descriptions that an older release has written; return how many changed.

    Each batch of products is a transaction, which locks them, so that locks are short.
    """
    may_have_markup = Q(description__regex="[<&]") | Q(description_text__isnull=False)
    unread = Product.objects.not_archived().filter(may_have_markup).order_by("pk")
    after, changed = 0, 0
    while pks := list(unread.filter(pk__gt=after).values_list("pk", flat=True)[:_BATCH]):
        changed += _sanitize(pks)
        after = pks[-1]
    return changed


@transactional
def _sanitize(pks: list[int]) -> int:
    """Sanitize the descriptions of some products."""
    families = [FamilyChanges(RowChanges.of(row), []) for row in Product.objects.lock_all(pks)]
    for family in families:
        set_description(family.product.row, family.product.row.description)
    changes = [family for family in families if family.product.columns()]
    if changes:
        save_families(changes)
    return len(changes)


def _check_fields(row: Product, changes: ProductChanges) -> None:
    """Check that the row may have these fields. Raises the errors of ``update_product``."""
    if row.parent_id is not None and not _VARIANT_FIELDS.issuperset(changes):
        fields = sorted(changes.keys() - _VARIANT_FIELDS)
        raise SetOnProduct(fields=fields, product_id=row.parent_id, name=row.name)
    if row.parent_id is None and "choice" in changes:
        raise OptionsMissing(options=[])
    if row.has_variants and (fields := sorted(_SET_ON_VARIANTS & changes.keys())):
        raise SetOnVariants(fields=fields)


def _check_options(family: Family, options: Sequence[str]) -> None:
    """Check that the number of options may change. Raises OptionsInUse.

    Renaming options is always allowed. A product with options must have no stock of its own, which
    could be sold in addition to that of its variants.
    """
    product = family.product
    if family.variants and len(options) != len(product.options):
        raise OptionsInUse(variant_ids=[variant.pk for variant in family.variants])
    if options and product.stock:
        raise OptionsInUse(variant_ids=[])


def _set_columns(row: Product, changes: Mapping[str, Any]) -> None:
    """Set the columns in ``changes``. Raises CategoryNotFound, InvalidField."""
    category_id = changes.get("category_id")
    if category_id and not Category.objects.filter(pk=category_id).exists():
        raise CategoryNotFound
    check_tax_classes([changes.get("tax_class_id")])
    for name in changes.keys() & FIELDS.keys():
        setattr(row, name, changes[name])
    if "options" in changes:
        row.options = list(changes["options"])


def _copy_inherited(family: FamilyChanges, changes: Mapping[str, Any]) -> None:
    """Set the inherited fields in ``changes`` for all variants."""
    for variant in family.variants:
        for name in changes.keys() & INHERITED:
            setattr(variant.row, name, changes[name])


def _set_tracking(changes: RowChanges, given: ProductChanges) -> None:
    """Set ``backorder`` and, if tracking begins, the stock. Raises the errors of updates."""
    row = changes.row
    set_backorder(row, given)
    if changes.begins_tracking:
        changes.delta = max(0, -row.stock)
    if given.get("backorder") is False and row.stock + changes.delta < 0:
        raise UnfilledBackorders(owed=-row.stock)


def _set_details(family: FamilyChanges, changes: Mapping[str, Any], tags: list[str]) -> None:
    """Set tags, attributes and keywords of a product that now has ``tags``. Raises InvalidField."""
    new = list(dict.fromkeys(changes.get("tags", tags)))
    family.new_tags = [tag for tag in new if tag not in tags]
    family.old_tags = [tag for tag in tags if tag not in new]
    if "attributes" in changes:
        family.attributes = read_values(changes["attributes"])
    family.set_keywords(new)
