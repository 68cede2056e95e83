"""The one writer of products: API, admin and import say what changes, ``save_families`` writes it.

Each of its statements is for all rows of a call, however many products they belong to.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction

from catalog import revision
from catalog.attributes.models import Attribute
from catalog.attributes.services import write_attributes, write_tags
from catalog.errors import SlugTaken
from catalog.images.models import ProductImage
from catalog.images.services import write_images
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.prices.services import record_prices
from catalog.products.errors import SkuTaken, VariantExists
from catalog.products.families import Family
from catalog.products.fields import FIELDS, SEARCHED, SHARED, Owner
from catalog.products.models import Product
from catalog.stock.services import adjust_locked, stock_new

_names = list(FIELDS)
_at = _names.index("position")
COLUMNS = (*_names[:_at], "has_variants", "options", *_names[_at:], "keywords")
"""The columns that are written of an existing row, where they change."""

_KEYWORDS = {"options", *(field.name for field in SEARCHED)}


@dataclass(slots=True)
class RowChanges:
    """A product or a variant as it is to become.

    ``before`` has the columns of an existing row, None for a new one; ``delta`` units are added to
    an existing row's stock.
    """

    row: Product
    before: dict[str, Any] | None = None
    delta: int = 0
    new_images: list[ProductImage] = field(default_factory=list)
    changed_images: list[ProductImage] = field(default_factory=list)

    @classmethod
    def of(cls, row: Product) -> Self:
        """Begin to change an existing row."""
        return cls(row, {name: getattr(row, name) for name in COLUMNS})

    def columns(self) -> list[str]:
        """Return the columns of an existing row that change."""
        before = self.before or {}
        return [name for name, was in before.items() if getattr(self.row, name) != was]

    def has_new(self, columns: Iterable[str]) -> bool:
        """Whether the row is new, or one of these columns changes."""
        before = self.before
        return before is None or any(getattr(self.row, name) != before[name] for name in columns)


@dataclass(slots=True)
class FamilyChanges:
    """A product with its variants as they are to become.

    ``attributes`` has the attribute, the column of its value and the value, None to remove it, by
    slug.
    """

    product: RowChanges
    variants: list[RowChanges]
    new_tags: list[str] = field(default_factory=list)
    old_tags: list[str] = field(default_factory=list)
    attributes: dict[str, tuple[Attribute, str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, family: Family) -> Self:
        """Begin to change a family that the caller has locked."""
        return cls(RowChanges.of(family.product), [RowChanges.of(row) for row in family.variants])

    @property
    def is_new(self) -> bool:
        """Whether the product is new."""
        return self.product.before is None

    def rows(self) -> list[RowChanges]:
        """Return all rows, the product first."""
        return [self.product, *self.variants]

    def align(self) -> None:
        """Give variants what they share with their product, and it the price of the cheapest."""
        product = self.product.row
        for variant in self.variants:
            variant.row.name = full_name(product.name, variant.row.options)
            for name in SHARED:
                setattr(variant.row, name, getattr(product, name))
        if self.variants:
            cheapest = min((variant.row for variant in self.variants), key=lambda row: row.price)
            product.price = cheapest.price
            product.compare_at_price = cheapest.compare_at_price

    def needs_keywords(self) -> bool:
        """Whether anything changes that ``keywords`` are made of, except a variant that goes."""
        return bool(self.new_tags or self.old_tags) or any(
            changes.has_new(_KEYWORDS) for changes in self.rows()
        )

    def set_keywords(self, tags: Iterable[str]) -> None:
        """Set what a search finds the product by, besides name and description.

        ``tags`` are those that the product is to have.
        """
        product, *variants = rows = [changes.row for changes in self.rows()]
        words = [getattr(product, f.name) for f in SEARCHED if f.owner == Owner.PRODUCT]
        words += sorted(tags)
        sold = [f.name for f in SEARCHED if f.owner == Owner.SOLD]
        words += [getattr(row, name) for row in rows for name in sold]
        words += [value for variant in variants for value in variant.options]
        product.keywords = " ".join(dict.fromkeys(filter(None, words)))


def save_families(
    families: Sequence[FamilyChanges],
    *,
    reason: str = "",
    actor: AbstractUser | None = None,
    name_errors: bool = False,
    also_changed: Sequence[int] = (),
) -> None:
    """Write changes of products, with movements of stock, price history and the revision.

    Needs the caller's transaction, which has locked the existing rows. Raises IntegrityError where
    a slug, a SKU or options are taken; with ``name_errors`` SlugTaken, SkuTaken or VariantExists,
    and the transaction may go on. ``also_changed`` are ids of rows that the caller has written.
    """
    rows = [changes for family in families for changes in family.rows()]
    new = [changes.row for changes in rows if changes.before is None]
    _insert(families, name_errors=name_errors)
    # Units are added before a backorder ends, and taken after one begins: a constraint wants it.
    deltas = {changes.row.pk: changes.delta for changes in rows if changes.delta}
    added = {pk: delta for pk, delta in deltas.items() if delta > 0}
    adjust_locked(deltas=added, reason=reason, actor=actor)
    _update(rows, name_errors=name_errors)
    taken = {pk: delta for pk, delta in deltas.items() if delta < 0}
    adjust_locked(deltas=taken, reason=reason, actor=actor)
    stock_new(quantities={row.pk: row.stock for row in new}, actor=actor)
    record_prices([changes.row for changes in rows if changes.has_new({"price"})])
    _write_details(families)
    revision.bump(sorted({*also_changed, *(changes.row.pk for changes in rows)}))


def full_name(name: str, values: Sequence[str]) -> str:
    """Name a variant as carts and orders do; a long product name is cut before the values."""
    suffix = f" – {' / '.join(values)}"[:PRODUCT_NAME_LENGTH]
    return name[: PRODUCT_NAME_LENGTH - len(suffix)] + suffix


def _insert(families: Sequence[FamilyChanges], *, name_errors: bool) -> None:
    _insert_rows([f.product.row for f in families if f.is_new], name_errors=name_errors)
    variants = []
    for family in families:
        for variant in family.variants:
            if variant.before is None:
                variant.row.parent = family.product.row
                variants.append(variant.row)
    _insert_rows(variants, name_errors=name_errors)


def _insert_rows(rows: list[Product], *, name_errors: bool) -> None:
    if not rows:
        return
    try:
        with transaction.atomic(savepoint=name_errors):
            Product.objects.bulk_create(rows)
    except IntegrityError:
        if not name_errors:
            raise
        for row in rows:
            row.pk = None
            with _naming_errors(row):
                row.save(force_insert=True)


def _update(all_rows: list[RowChanges], *, name_errors: bool) -> None:
    changed = [(changes.row, columns) for changes in all_rows if (columns := changes.columns())]
    rows = [row for row, _ in changed]
    columns = sorted({name for _, columns in changed for name in columns})
    if not rows:
        return
    try:
        with transaction.atomic(savepoint=name_errors):
            Product.objects.bulk_update(rows, columns)
    except IntegrityError:
        if not name_errors:
            raise
        for row in rows:
            with _naming_errors(row):
                row.save(update_fields=columns)


@contextmanager
def _naming_errors(row: Product) -> Iterator[None]:
    """Raise a broken constraint as the error that it means.

    The first line has the constraint's name on PostgreSQL, and its columns on SQLite.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        broken = str(error).splitlines()[0]
        if "sku" in broken:
            raise SkuTaken(sku=row.sku) from None
        if "slug" in broken:
            raise SlugTaken(slug=row.slug) from None
        if "product_variant_unique" in broken or "options" in broken:
            raise VariantExists(options=row.options) from None
        raise


def _write_details(families: Sequence[FamilyChanges]) -> None:
    """Write the tags, attributes and images."""
    write_tags(
        added=[(family.product.row, tag) for family in families for tag in family.new_tags],
        removed=[(family.product.row, family.old_tags) for family in families if family.old_tags],
    )
    write_attributes(
        [(f.product.row, f.is_new, list(f.attributes.values())) for f in families if f.attributes]
    )
    rows = [changes for family in families for changes in family.rows()]
    write_images(
        new=[image for changes in rows for image in changes.new_images],
        changed=[image for changes in rows for image in changes.changed_images],
    )
