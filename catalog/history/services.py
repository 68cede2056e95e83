"""Records what was changed about products, in the transaction of the change."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.history.models import VALUE_LENGTH, ChangedBy, ProductChange
from catalog.limits import REASON_LENGTH
from shop.core import tracing
from shop.core.money import show
from shop.engine import Insert

CREATED, ARCHIVED, STOCK, TAGS = "created", "archived", "stock", "tags"
"""Fields that are not columns which staff edit."""

_INSERT = Insert(
    ProductChange, "product_id", "field", "old", "new", "user_id", "how", "detail", "request_id"
)


class Change(NamedTuple):
    """A value that was changed."""

    product_id: int
    field: str
    old: Any
    new: Any
    detail: str = ""


def record_changes(changes: Iterable[Change]) -> None:
    """Record changes by the user of the present request, with the next statement.

    Needs a transaction. Without a request or an import they are those of a command.
    """
    author = tracing.author()
    how = ChangedBy(author.how) if author.how else ChangedBy.SYSTEM
    _INSERT.send_with_next(
        [
            (
                *(change.product_id, change.field, _text_of(change.old), _text_of(change.new)),
                *(author.user_id, how.value, (change.detail or author.detail)[:REASON_LENGTH]),
                tracing.cause(),
            )
            for change in changes
        ]
    )


def _text_of(value: Any) -> str:
    """Return a value as people read it, shortened."""
    text = _words_of(value).replace("\x00", "")
    return text if len(text) <= VALUE_LENGTH else f"{text[: VALUE_LENGTH - 1]}…"


def _words_of(value: Any) -> str:
    if value in (None, {}):
        return ""
    words = next((words for kind, words in _WORDS if isinstance(value, kind)), str)
    return words(value)


_WORDS: tuple[tuple[type[Any], Callable[[Any], str]], ...] = (
    (bool, lambda value: "yes" if value else "no"),
    (Decimal, show),
    (datetime, lambda value: value.astimezone(UTC).isoformat(sep=" ", timespec="seconds")),
    (list, lambda value: " / ".join(map(str, value))),
    (dict, lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True)),
)
