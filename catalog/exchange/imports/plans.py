"""The plan of an import for one product, and its description in a preview."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.exchange.imports.categories import CategoryReference
from catalog.exchange.imports.records import ProductRecord
from catalog.products.writes import FamilyChanges, RowChanges
from catalog.translations.services import Translations

NEW_CATEGORY = -1
"""The id of a category that does not exist yet. It is created before the product is written."""

_NOT_QUOTED = frozenset(
    {"description", "keywords", "has_variants", "category_id", "metadata", "private_metadata"}
)
"""Columns whose values are not shown in a preview."""
_DERIVED = frozenset({"highest_price"})
"""Columns that follow from those of variants, which are shown."""


@dataclass(slots=True)
class Plan(FamilyChanges):
    """The changes of a product, with the record of the file."""

    record: ProductRecord = field(kw_only=True)
    collections: dict[int, str] = field(default_factory=dict)
    """The collections that the product is added to: their names by id."""
    missing_collections: list[CategoryReference] = field(default_factory=list)
    """Those that have to be created before."""

    def has_changes(self) -> bool:
        """Return whether the import has to write anything for this product."""
        return self.is_new or next(self._lines(), None) is not None

    def needs_category(self) -> bool:
        """Return whether the category has to be created."""
        return self.product.row.category_id == NEW_CATEGORY

    def is_ready(self) -> bool:
        """Return whether a new product can be written as it is planned."""
        return self.is_new and not self.needs_category() and not self.missing_collections

    def sells_out(self) -> bool:
        """Return whether the import leaves none of the product's units in stock."""
        rows = self.variants or [self.product]
        changes = self.is_new or any(row.before is None or row.delta for row in rows)
        return changes and all(
            changes.row.stock + changes.delta <= 0 and not changes.row.backorder for changes in rows
        )

    def changed_variants(self) -> set[int]:
        """Return the ids, as objects, of existing variants that the import changes."""
        return {id(variant) for variant in self.variants if any(_describe(variant))}

    def descriptions(self) -> list[str]:
        """Describe the changes for people.

        The list is empty for a new product too: use ``has_changes`` to find out if one is written.
        """
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _describe(self.product)
        for variant in self.variants:
            options = " / ".join(variant.row.options)
            if variant.before is None and not self.is_new:
                yield f"new variant {options}"
            yield from (f"{options}: {change}" for change in _describe(variant))
        yield from (f"new tag {tag}" for tag in self.new_tags)
        yield from (f"removed tag {tag}" for tag in self.old_tags)
        names = [*self.collections.values(), *(r.text for r in self.missing_collections)]
        yield from (f"new in the collection {name}" for name in names)
        yield from (f"new value of {slug}" for slug in self.attributes)
        yield from _describe_texts(self.translations)


def _describe(changes: RowChanges) -> Iterator[str]:
    if changes.before is None:
        return
    for name in changes.columns():
        label = name.removesuffix("_id")
        if name in _DERIVED:
            continue
        if name in _NOT_QUOTED:
            yield f"new {label}"
        else:
            before, after = changes.before[name], getattr(changes.row, name)
            yield f"{label} {_quote(before)} → {_quote(after)}"
    if changes.delta:
        yield f"stock {changes.row.stock} → {changes.row.stock + changes.delta}"
    if changes.new_images:
        yield f"{len(changes.new_images)} new images"
    if changes.changed_images:
        yield f"{len(changes.changed_images)} changed images"


def _describe_texts(translations: Translations) -> Iterator[str]:
    for language, texts in translations.items():
        if texts is None:
            yield f"no texts in {language}"
        for name, text in (texts or {}).items():
            quoted = "" if name in _NOT_QUOTED else f" {_quote(text)}"
            yield f"new {name} ({language}){quoted}"


def _quote(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(value) or "none"
    return "none" if value in {None, ""} else str(value)
