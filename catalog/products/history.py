"""What the change log says about a write of products."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from catalog.history.services import CREATED, STOCK, TAGS, Change
from catalog.products.fields import SHARED
from catalog.translations.services import TextChange

if TYPE_CHECKING:
    from catalog.products.writes import FamilyChanges, RowChanges

_DERIVED = frozenset({"keywords", "description_text", "has_variants", "name_key", "highest_price"})
_OF_THE_PRODUCT = frozenset({"name", *SHARED})
_OF_THE_VARIANTS = frozenset({"price", "compare_at_price"})


def changes_of(families: Iterable["FamilyChanges"], *, reason: str) -> Iterator[Change]:
    """Yield the changes of products, without values that follow from others.

    ``reason`` is that of changes of stock.
    """
    for family in families:
        for changes in family.rows():
            yield from _changes_of_row(changes, reason)
        if not family.is_new and (family.new_tags or family.old_tags):
            old, new = ", ".join(family.old_tags), ", ".join(family.new_tags)
            yield Change(
                family.product.row.pk, TAGS, f"− {old}" if old else "", f"+ {new}" if new else ""
            )


def changes_of_texts(changes: Iterable[TextChange]) -> Iterator[Change]:
    """Yield the changes of translations, with fields such as "name (de)"."""
    for change in changes:
        yield Change(
            change.owner_id, f"{change.member} ({change.language})", change.old, change.new
        )


def _changes_of_row(changes: "RowChanges", reason: str) -> Iterator[Change]:
    row, before = changes.row, changes.before
    if before is None:
        yield Change(row.pk, CREATED, "", row.price)
        return
    skipped = _DERIVED | (_OF_THE_PRODUCT if row.parent_id else frozenset())
    skipped |= _OF_THE_VARIANTS if row.has_variants else frozenset()
    for name in changes.columns():
        if name not in skipped:
            yield Change(row.pk, name, before[name], getattr(row, name))
    if changes.delta:
        yield Change(row.pk, STOCK, row.stock, row.stock + changes.delta, reason)
