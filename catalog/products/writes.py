"""The writes of products. API, admin and import all describe changes and call ``save_families``.

The number of statements does not depend on the number of products.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any, Self

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction

from catalog import revision
from catalog.attributes.services import AttributeValue, write_attributes, write_tags
from catalog.errors import SlugTaken
from catalog.history.services import record_changes
from catalog.images.models import ProductImage
from catalog.images.services import write_images
from catalog.indexing.services import index_products
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.options.services import fold_options, write_option_sets
from catalog.prices.current import highest_price
from catalog.prices.services import record_prices
from catalog.products.descriptions import has_markup, sanitize, sanitized, text_of
from catalog.products.errors import SkuTaken, StockUntracked, VariantExists
from catalog.products.families import Family
from catalog.products.fields import FIELDS, SEARCHED, SHARED, Owner
from catalog.products.history import changes_of, changes_of_texts
from catalog.products.models import Product
from catalog.products.skus import check_skus
from catalog.slugs.services import check_translated, move_slugs, remember_translated
from catalog.spellings.models import SpellingKind
from catalog.spellings.services import remember_spellings
from catalog.stock.services import adjust_locked_stock, record_initial_stock
from catalog.translations.services import TextChange, Translations, write_translations
from shop.core.sort_keys import sort_key
from shop.engine import insert_many

_names = list(FIELDS)
_at = _names.index("position")
_DERIVED = ("keywords", "description_text", "name_key", "highest_price")
COLUMNS = (*_names[:_at], "has_variants", "options", *_names[_at:], *_DERIVED)
"""The columns of an existing row that are written if they change."""
_values_of = attrgetter(*COLUMNS)

_KEYWORDS = {"options", *(field.name for field in SEARCHED)}

_INDEXED = {"name", "keywords", "category_id", "description"}


@dataclass(slots=True)
class RowChanges:
    """The changes of one product or variant.

    ``before`` has the old values of an existing row, and is None for a new row. ``delta`` units are
    added to the stock of an existing row.
    """

    row: Product
    before: dict[str, Any] | None = None
    delta: int = 0
    new_images: list[ProductImage] = field(default_factory=list)
    changed_images: list[ProductImage] = field(default_factory=list)

    @classmethod
    def of(cls, row: Product) -> Self:
        """Return empty changes of an existing row. Set the new values on the row afterwards."""
        return cls(row, dict(zip(COLUMNS, _values_of(row), strict=True)))

    def columns(self) -> list[str]:
        """Return the columns of an existing row that change."""
        before = self.before or {}
        if tuple(before.values()) == _values_of(self.row):
            return []
        return [name for name, value in before.items() if getattr(self.row, name) != value]

    @property
    def begins_tracking(self) -> bool:
        """Whether the stock of an existing row becomes tracked.

        Until then the units of orders were subtracted from a number that had no meaning, so a
        negative one must become zero.
        """
        before = self.before
        return before is not None and self.row.track_stock and not before["track_stock"]

    def changes_any(self, columns: Iterable[str]) -> bool:
        """Return whether the row is new or one of these columns changes."""
        before = self.before
        return before is None or any(getattr(self.row, name) != before[name] for name in columns)


@dataclass(slots=True)
class FamilyChanges:
    """The changes of a product and its variants.

    ``attributes`` has values by slug, and ``translations`` texts by language.
    """

    product: RowChanges
    variants: list[RowChanges]
    new_tags: list[str] = field(default_factory=list)
    old_tags: list[str] = field(default_factory=list)
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    translations: Translations = field(default_factory=dict)

    @classmethod
    def of(cls, family: Family) -> Self:
        """Return empty changes of a family that the caller has locked."""
        return cls(RowChanges.of(family.product), [RowChanges.of(row) for row in family.variants])

    @property
    def is_new(self) -> bool:
        """Whether the product is created."""
        return self.product.before is None

    def rows(self) -> list[RowChanges]:
        """Return all rows, the product first."""
        return [self.product, *self.variants]

    def changes_of(self, row: Product) -> RowChanges:
        """Return the changes of a row of the family."""
        return next(changes for changes in self.rows() if changes.row is row)

    def copy_shared_values(self) -> None:
        """Copy shared columns from the product to its variants, and their prices to it."""
        product = self.product.row
        for variant in self.variants:
            variant.row.name = variant_name(product.name, variant.row.options)
            for name in SHARED:
                setattr(variant.row, name, getattr(product, name))
        product.highest_price = highest_price([variant.row.price for variant in self.variants])
        if self.variants:
            cheapest = min((variant.row for variant in self.variants), key=lambda row: row.price)
            product.price = cheapest.price
            product.compare_at_price = cheapest.compare_at_price

    def changes_keywords(self) -> bool:
        """Return whether a value changes that ``keywords`` contain. Ignores removed variants."""
        return bool(self.new_tags or self.old_tags) or any(
            changes.changes_any(_KEYWORDS) for changes in self.rows()
        )

    def changes_words(self) -> bool:
        """Return whether the words change by which searches find the product."""
        details = self.attributes or self.translations
        return bool(details) or self.product.changes_any(_INDEXED)

    def set_keywords(self, tags: Iterable[str]) -> None:
        """Set the product's ``keywords`` for the full-text search. ``tags`` are its new tags."""
        product, *variants = rows = [changes.row for changes in self.rows()]
        words = [getattr(product, f.name) for f in SEARCHED if f.owner == Owner.PRODUCT]
        words += sorted(tags)
        sold = [f.name for f in SEARCHED if f.owner == Owner.SOLD]
        words += [getattr(row, name) for row in rows for name in sold]
        words += [value for variant in variants for value in variant.options]
        product.keywords = " ".join(dict.fromkeys(filter(None, words)))


def set_backorder(row: Product, given: Mapping[str, Any]) -> None:
    """Set ``backorder`` of a row whose stock is not tracked.

    ``given`` are the new values of a request or a file. Raises StockUntracked if they unset it.
    """
    if row.track_stock:
        return
    if given.get("backorder") is False:
        raise StockUntracked
    row.backorder = True


def set_description(row: Product, description: str) -> None:
    """Set a description, sanitized, and its text."""
    row.description = sanitize(description)
    row.description_text = text_of(row.description) if has_markup(row.description) else None


def save_families(
    families: Sequence[FamilyChanges],
    *,
    reason: str = "",
    actor: AbstractUser | None = None,
    translate_errors: bool = False,
    also_changed: Sequence[int] = (),
) -> None:
    """Write changes of products with stock movements, price history and log; bump the revision.

    Needs a transaction that has locked the existing rows. Raises IntegrityError if a slug, a SKU or
    the options of a variant are taken. With ``translate_errors`` it raises SlugTaken, SkuTaken or
    VariantExists instead, after which the transaction is still usable. ``also_changed`` are the ids
    of rows that the caller has written itself.
    """
    rows = [changes for family in families for changes in family.rows()]
    new = [changes.row for changes in rows if changes.before is None]
    _sanitize_descriptions(rows)
    _set_name_keys(families)
    _check_variants(families, translate_errors=translate_errors)
    _insert(families, translate_errors=translate_errors)
    # Stock may be negative only with backorder: add units before it is unset, remove them after it
    # is set.
    deltas = {changes.row.pk: changes.delta for changes in rows if changes.delta}
    added = {pk: delta for pk, delta in deltas.items() if delta > 0}
    adjust_locked_stock(deltas=added, reason=reason, actor=actor)
    _update(rows, translate_errors=translate_errors)
    _move_slugs(families, translate_errors=translate_errors)
    removed = {pk: delta for pk, delta in deltas.items() if delta < 0}
    adjust_locked_stock(deltas=removed, reason=reason, actor=actor)
    record_initial_stock(quantities={row.pk: row.stock for row in new}, actor=actor)
    record_prices([changes.row for changes in rows if changes.changes_any({"price"})])
    _write_details(families)
    _write_option_sets(families, was_archived=bool(also_changed))
    texts = _write_translations(families, translate_errors=translate_errors)
    record_changes([*changes_of(families, reason=reason), *changes_of_texts(texts)])
    index_products({*also_changed, *(f.product.row.pk for f in families if f.changes_words())})
    _remember_spellings(families)
    revision.bump(sorted({*also_changed, *(changes.row.pk for changes in rows)}))
    _check_slugs(families, translate_errors=translate_errors)
    changed = {each.row.sku: each.row.pk for each in rows if each.changes_any({"sku"})}
    changed.pop("", None)
    check_skus(changed, translate_errors=translate_errors)


def variant_name(name: str, values: Sequence[str]) -> str:
    """Return the full name of a variant, such as "Shirt – M / Red".

    If it is too long, the product name is truncated and the option values are kept.
    """
    suffix = f" – {' / '.join(values)}"[:PRODUCT_NAME_LENGTH]
    return name[: PRODUCT_NAME_LENGTH - len(suffix)] + suffix


def _sanitize_descriptions(rows: Iterable[RowChanges]) -> None:
    for changes in rows:
        if changes.changes_any({"description"}):
            set_description(changes.row, changes.row.description)


def _set_name_keys(families: Iterable[FamilyChanges]) -> None:
    """Set the sort keys of new names. Variants are not listed by themselves and have none."""
    for family in families:
        if family.product.changes_any({"name"}):
            family.product.row.name_key = sort_key(family.product.row.name)


def _move_slugs(families: Iterable[FamilyChanges], *, translate_errors: bool) -> None:
    """Remember the slugs that products give up. Raises SlugTaken, or else IntegrityError."""
    moves = {}
    for family in families:
        row, before = family.product.row, family.product.before or {"slug": ""}
        if row.slug != before["slug"]:
            moves[row.pk] = (before["slug"], row.slug)
    with _slugs_taken(translate_errors=translate_errors):
        move_slugs("product", moves)


def _write_translations(
    families: Iterable[FamilyChanges], *, translate_errors: bool
) -> list[TextChange]:
    """Write the translations, sanitized. Raises SlugTaken, or else IntegrityError."""
    changes = {
        family.product.row.pk: {
            language: texts and sanitized(texts) for language, texts in family.translations.items()
        }
        for family in families
        if family.translations
    }
    with _slugs_taken(translate_errors=translate_errors):
        written = write_translations("product", changes)
    remember_translated("product", written)
    return written


def _check_slugs(families: Iterable[FamilyChanges], *, translate_errors: bool) -> None:
    """Compare new slugs with those of other languages. Raises SlugTaken, or else IntegrityError."""
    changed = [
        family.product.row.pk
        for family in families
        if family.translations or family.product.changes_any({"slug"})
    ]
    with _slugs_taken(translate_errors=translate_errors):
        check_translated("product", changed)


@contextmanager
def _slugs_taken(*, translate_errors: bool) -> Iterator[None]:
    """Raise IntegrityError for SlugTaken unless errors are translated."""
    try:
        yield
    except SlugTaken as error:
        if translate_errors:
            raise
        raise IntegrityError(str(error)) from error


def _remember_spellings(families: Iterable[FamilyChanges]) -> None:
    """Remember how the brands and tags of products are written that products had not yet."""
    brands, tags = [], []
    for family in families:
        if family.product.changes_any({"brand"}):
            brands.append(family.product.row.brand)
        tags += family.new_tags
    remember_spellings({SpellingKind.BRAND: brands, SpellingKind.TAG: tags})


def _check_variants(families: Iterable[FamilyChanges], *, translate_errors: bool) -> None:
    """Check that a new or changed variant differs from others in more than case and spaces.

    Raises VariantExists, or else IntegrityError.
    """
    for row in chain.from_iterable(map(repeated_variants, families)):
        if translate_errors:
            raise VariantExists(options=row.options)
        raise IntegrityError(f"another variant has the options {row.options}")


def repeated_variants(family: FamilyChanges) -> Iterator[Product]:
    """Yield new or changed variants that differ from another one in case and spaces only."""
    changed = [each.row for each in family.variants if each.changes_any({"options"})]
    if changed:
        folded = Counter(fold_options(each.row.options) for each in family.variants)
        yield from (row for row in changed if folded[fold_options(row.options)] > 1)


def _insert(families: Sequence[FamilyChanges], *, translate_errors: bool) -> None:
    _insert_rows([f.product.row for f in families if f.is_new], translate_errors=translate_errors)
    variants = []
    for family in families:
        for variant in family.variants:
            if variant.before is None:
                variant.row.parent = family.product.row
                variants.append(variant.row)
    _insert_rows(variants, translate_errors=translate_errors)


def _insert_rows(rows: list[Product], *, translate_errors: bool) -> None:
    if not rows:
        return
    try:
        with transaction.atomic(savepoint=translate_errors):
            insert_many(rows)
    except IntegrityError:
        if not translate_errors:
            raise
        for row in rows:
            row.pk = None
            with _translating_errors(row):
                row.save(force_insert=True)


def _update(all_rows: list[RowChanges], *, translate_errors: bool) -> None:
    changed = [(changes.row, columns) for changes in all_rows if (columns := changes.columns())]
    rows = [row for row, _ in changed]
    columns = sorted({name for _, columns in changed for name in columns})
    if not rows:
        return
    try:
        with transaction.atomic(savepoint=translate_errors):
            Product.objects.bulk_update(rows, columns)
    except IntegrityError:
        if not translate_errors:
            raise
        for row in rows:
            with _translating_errors(row):
                row.save(update_fields=columns)


@contextmanager
def _translating_errors(row: Product) -> Iterator[None]:
    """Raise SkuTaken, SlugTaken or VariantExists for the violated constraint.

    The first line of the error names the constraint on PostgreSQL, and its columns on SQLite.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        violation = str(error).splitlines()[0]
        if "sku" in violation:
            raise SkuTaken(sku=row.sku) from None
        if "slug" in violation:
            raise SlugTaken(slug=row.slug) from None
        if "product_variant_unique" in violation or "options" in violation:
            raise VariantExists(options=row.options) from None
        raise


def _write_option_sets(families: Sequence[FamilyChanges], *, was_archived: bool) -> None:
    """Derive the option sets of products whose variants or options change."""
    changed = [
        family.product.row.pk
        for family in families
        if was_archived
        or (family.variants and any(row.changes_any({"options"}) for row in family.rows()))
    ]
    if changed:
        write_option_sets(changed)


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
