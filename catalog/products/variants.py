"""The services that add a variant to a product, and that edit its variants at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractUser
from django.db.models.functions import Now
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.attributes.models import ProductTag
from catalog.history.services import ARCHIVED, Change, record_changes
from catalog.limits import MAX_VARIANTS, OPTIONS_BYTES
from catalog.products.errors import OptionsMissing, SetOnProduct, VariantLimit
from catalog.products.families import Family, lock_family
from catalog.products.fields import INHERITED, NewVariant, ProductChanges
from catalog.products.models import Product
from catalog.products.writes import FamilyChanges, RowChanges, save_families, set_backorder
from catalog.stock.services import check_adjustment
from catalog.tax_classes.services import check_tax_classes
from shop.core.errors import InvalidField
from shop.core.transactions import transactional

OPTIONS_TOO_LONG = format_lazy(
    _("The option values have more than {limit} bytes together."), limit=f"{OPTIONS_BYTES:,}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantEdits:
    """What to change about the variants of a product.

    ``changes`` are values of columns and ``deltas`` units to add to the stock, by the id of the
    variant.
    """

    changes: Mapping[int, ProductChanges] = field(default_factory=dict)
    deltas: Mapping[int, int] = field(default_factory=dict)
    new: Sequence[NewVariant] = ()
    archived: Collection[int] = ()

    def __bool__(self) -> bool:
        """Return whether there is something to change."""
        return bool(self.changes or self.deltas or self.new or self.archived)


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
        raise _set_on_product(family)
    return insert_variants(family, [variant], actor)[0]


def insert_variants(
    family: Family, variants: Sequence[NewVariant], actor: AbstractUser | None
) -> list[Product]:
    """Insert variants of a product that the caller has locked, and return their rows.

    Raises OptionsMissing, VariantExists, VariantLimit, SkuTaken, StockUntracked, InvalidField.
    """
    changes = FamilyChanges.of(family)
    rows = add_variants(changes, variants)
    changes.copy_shared_values()
    changes.set_keywords(tags_of(family.product))
    save_families([changes], actor=actor, translate_errors=True)
    return rows


@transactional
def edit_variants(
    *, product_id: int, edits: VariantEdits, reason: str = "", actor: AbstractUser
) -> None:
    """Change, add and archive variants of a product at once.

    ``reason`` is that of changes of stock. Raises ProductNotFound, also for a variant that is
    archived or belongs to another product, SetOnProduct, OutOfStock, StockLimit, and the errors of
    ``create_variant``.
    """
    family = lock_family(product_id)
    if family.product.pk != product_id:
        raise _set_on_product(family)
    archived = [family.get(pk).pk for pk in sorted(edits.archived)]
    archive_rows(archived)
    family.variants = [row for row in family.variants if row.pk not in edits.archived]
    changes = FamilyChanges.of(family)
    for pk, values in edits.changes.items():
        for name, value in values.items():
            setattr(family.get(pk), name, value)
    for pk, delta in edits.deltas.items():
        row = family.get(pk)
        check_adjustment(row, delta)
        changes.changes_of(row).delta = delta
    add_variants(changes, edits.new)
    changes.copy_shared_values()
    changes.set_keywords(tags_of(family.product))
    save_families(
        [changes], reason=reason, actor=actor, translate_errors=True, also_changed=archived
    )


def add_variants(changes: FamilyChanges, variants: Sequence[NewVariant]) -> list[Product]:
    """Add new variants to the changes of a product, and return their rows.

    Raises OptionsMissing, VariantLimit, StockUntracked, InvalidField.
    """
    product, count = changes.product.row, len(changes.variants)
    if count + len(variants) > MAX_VARIANTS:
        raise VariantLimit(limit=MAX_VARIANTS)
    check_tax_classes(variant.get("tax_class_id") for variant in variants)
    for position, variant in enumerate(variants, start=count):
        given = {name: value for name, value in variant.items() if name != "choice"}
        inherited = {name: getattr(product, name) for name in ("price", *INHERITED)}
        row = Product(**{"position": position, **inherited, **given})
        set_backorder(row, given)
        row.options = order_option_values(product, variant["choice"])
        changes.variants.append(RowChanges(row))
    return [variant.row for variant in changes.variants[count:]]


def archive_rows(pks: Sequence[int]) -> None:
    """Archive locked rows, and record it. The caller saves the families and bumps the revision."""
    if pks:
        Product.objects.filter(pk__in=pks).update(archived_at=Now(), is_published=False)
        record_changes(Change(pk, ARCHIVED, old=False, new=True) for pk in pks)


def _set_on_product(family: Family) -> SetOnProduct:
    """Return the error for the id of a variant instead of that of its product."""
    product = family.product
    return SetOnProduct(fields=["variants"], product_id=product.pk, name=product.name)


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
