"""Cursors of the list of products.

A cursor contains the sort key and the id of the last product on a page.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from shop.core.sort_keys import MAX_BYTES

_MAX_KEY = 2**63 - 1
_HEX = re.compile(rf"([0-9a-f]{{2}}){{0,{MAX_BYTES}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a sort order: a sort key and an id.

    Prices are in cents, and sort keys of names in hexadecimal digits.
    """

    key: Any
    pk: int


def write_cursor(ordering: str, place: Place) -> str:
    """Return the cursor of a place."""
    text = json.dumps([ordering, place.key, place.pk], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(ordering: str, text: str) -> Place | None:
    """Return the place in a cursor, or None if it is not a valid cursor of this ordering."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        given, key, pk = json.loads(raw)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    is_name = ordering in {"name", "-name"}
    fits = _is_name(key) if is_name else _is_number(key)
    return Place(key, pk) if given == ordering and fits and _is_number(pk) else None


def _is_number(value: Any) -> bool:
    return type(value) is int and abs(value) <= _MAX_KEY


def _is_name(value: Any) -> bool:
    """Return whether it is a sort key of a name, in hexadecimal digits."""
    return isinstance(value, str) and bool(_HEX.fullmatch(value))
