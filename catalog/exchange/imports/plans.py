"""What an import is going to do with one product, and how a preview describes it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.exchange.imports.records import ProductRecord
from catalog.products.writes import FamilyChanges, RowChanges

NEW_CATEGORY = -1
"""Stands for a category that is created before its product."""

_NOT_QUOTED = frozenset(
    {"description", "keywords", "has_variants", "category_id", "metadata", "private_metadata"}
)
"""Columns of which a preview says that they change, not how."""


@dataclass(slots=True)
class Plan(FamilyChanges):
    """The changes of a product, and the record of the file that they come from."""

    record: ProductRecord = field(kw_only=True)

    def does_something(self) -> bool:
        """Whether anything is to be written."""
        return self.is_new or bool(self.descriptions())

    def needs_category(self) -> bool:
        """Whether its category does not exist yet."""
        return self.product.row.category_id == NEW_CATEGORY

    def descriptions(self) -> list[str]:
        """Describe the changes for people; an empty list means that nothing changes."""
        said = list(_describe(self.product))
        for variant in self.variants:
            options = " / ".join(variant.row.options)
            if variant.before is None and not self.is_new:
                said.append(f"new variant {options}")
            said += [f"{options}: {change}" for change in _describe(variant)]
        said += [f"tag {tag}" for tag in self.new_tags] + [f"no tag {tag}" for tag in self.old_tags]
        return said + [f"another {slug}" for slug in self.attributes]


def _describe(changes: RowChanges) -> Iterator[str]:
    if changes.before is None:
        return
    for name in changes.columns():
        label = "category" if name == "category_id" else name
        if name in _NOT_QUOTED:
            yield f"another {label}"
        else:
            before, after = changes.before[name], getattr(changes.row, name)
            yield f"{label} {_quote(before)} → {_quote(after)}"
    if changes.delta:
        yield f"stock {changes.row.stock} → {changes.row.stock + changes.delta}"
    if changes.new_images:
        yield f"{len(changes.new_images)} more pictures"
    if changes.changed_images:
        yield f"{len(changes.changed_images)} other pictures"


def _quote(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(value) or "none"
    return "none" if value in {None, ""} else str(value)
