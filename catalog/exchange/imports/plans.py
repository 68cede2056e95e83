"""What an import means to do with one product: its rows as they are to be, beside as they were."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.attributes.models import Attribute
from catalog.exchange.imports.records import ImageRecord, ProductRecord
from catalog.images.models import ProductImage
from catalog.products.models import Product

COLUMNS = (
    "name",
    "description",
    "category_id",
    "brand",
    "has_variants",
    "options",
    "position",
    "sku",
    "price",
    "compare_at_price",
    "backorder",
    "low_stock_threshold",
    "is_published",
    "publish_at",
    "keywords",
    "metadata",
    "private_metadata",
)
NEW_CATEGORY = -1
"""Stands for a category that is to be made before its product."""

_UNSAID = frozenset(
    {"description", "keywords", "has_variants", "category_id", "metadata", "private_metadata"}
)
"""Columns of which a preview says that they change, not how."""


@dataclass(slots=True)
class RowPlan:
    """A product or a variant; ``before`` is None for a new one, ``delta`` pieces in or out."""

    row: Product
    before: dict[str, Any] | None
    delta: int = 0
    new_images: list[ImageRecord] = field(default_factory=list)
    changed_images: list[ProductImage] = field(default_factory=list)

    @classmethod
    def of(cls, row: Product) -> "RowPlan":
        """Plan for a row that is there."""
        return cls(row, {name: getattr(row, name) for name in COLUMNS})

    def columns(self) -> list[str]:
        """Return the columns of an old row that change."""
        before = self.before or {}
        return [name for name, was in before.items() if getattr(self.row, name) != was]

    def changes(self) -> Iterator[str]:
        """Say what changes, for people."""
        if self.before is None:
            return
        for name in self.columns():
            label = "category" if name == "category_id" else name
            if name in _UNSAID:
                yield f"another {label}"
            else:
                yield f"{label} {_say(self.before[name])} → {_say(getattr(self.row, name))}"
        if self.delta:
            yield f"stock {self.row.stock} → {self.row.stock + self.delta}"
        if self.new_images:
            yield f"{len(self.new_images)} more pictures"
        if self.changed_images:
            yield f"{len(self.changed_images)} other pictures"


@dataclass(slots=True)
class Plan:
    """What is to be done with a product, its variants, its tags and its attributes."""

    record: ProductRecord
    product: RowPlan
    variants: list[RowPlan]
    new_tags: list[str] = field(default_factory=list)
    old_tags: list[str] = field(default_factory=list)
    attributes: dict[str, tuple[Attribute, str, Any]] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether the shop does not have the product."""
        return self.product.before is None

    def does_something(self) -> bool:
        """Whether anything is to be written."""
        return self.is_new or bool(self.changes())

    def needs_category(self) -> bool:
        """Whether its category is still to be made."""
        return self.product.row.category_id == NEW_CATEGORY

    def rows(self) -> list[RowPlan]:
        """Return all of it, the product first."""
        return [self.product, *self.variants]

    def changes(self) -> list[str]:
        """Say what changes, for people; nothing where nothing does."""
        said = list(self.product.changes())
        for variant in self.variants:
            options = " / ".join(variant.row.options)
            if variant.before is None and not self.is_new:
                said.append(f"new variant {options}")
            said += [f"{options}: {change}" for change in variant.changes()]
        said += [f"tag {tag}" for tag in self.new_tags] + [f"no tag {tag}" for tag in self.old_tags]
        return said + [f"another {slug}" for slug in self.attributes]


def _say(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(value) or "none"
    return "none" if value in {None, ""} else str(value)
