"""Conversions of cells that several formats need."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from catalog.limits import ATTRIBUTE_NAME_LENGTH, MAX_OPTIONS
from shop.core.slugs import make_slug

_GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
    "lbs": Decimal("453.59237"),
}
_NO_KEY = re.compile(r"[^A-Za-z0-9_.-]+")
_KEY_LENGTH = 64
# Commas separate addresses, but may be in them.
_BETWEEN_URLS = re.compile(r"[\s,;|]+(?=https?://|//)|\s*[|\n]\s*")
_BETWEEN = re.compile(r"(?<!\\),")


def in_grams(cell: str, unit: str) -> str:
    """Return a weight in whole grams. What is no number is reported by its validation."""
    try:
        grams = Decimal(cell.strip()) * _GRAMS[unit.lower()]
        return str(grams.quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        return cell.strip()


def split_urls(cell: str) -> list[str]:
    """Return the addresses in a cell."""
    return [url.strip(" ,;") for url in _BETWEEN_URLS.split(cell) if url.strip(" ,;")]


def split_list(cell: str) -> list[str]:
    """Return the items of a list with commas, of which those in an item are escaped."""
    items = (item.replace("\\,", ",").strip() for item in _BETWEEN.split(cell))
    return [item for item in items if item]


def metadata_key(name: str) -> str:
    """Return a key of metadata for the name of a column: letters, digits and ``_.-``."""
    key = _NO_KEY.sub("_", name.strip()).strip("_") or "value"
    return ("_" + key if name.strip().startswith("_") else key)[:_KEY_LENGTH]


def attribute_slug(name: str) -> str:
    """Return the slug of the attribute with a name."""
    return make_slug(name, length=ATTRIBUTE_NAME_LENGTH, default="attribute")


def limit_options(options: Mapping[str, str]) -> dict[str, str]:
    """Return option values by name. Those after the second are one, if there are too many."""
    if len(options) <= MAX_OPTIONS:
        return dict(options)
    kept = list(options)[: MAX_OPTIONS - 1]
    rest = list(options)[MAX_OPTIONS - 1 :]
    joined = {" / ".join(rest): " / ".join(options[name] for name in rest)}
    return {name: options[name] for name in kept} | joined


def is_on(starts: str, ends: str, today: date) -> bool:
    """Return whether a sale is on today. A date that is empty or not readable is no limit."""
    first, last = _date(starts), _date(ends)
    return not (first and first > today) and not (last and last < today)


def _date(cell: str) -> date | None:
    text = (cell.split() or [""])[0]
    for pattern in ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%m/%d/%y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a date of the shop
        except ValueError:
            continue
    return None


def deepest_first(paths: Iterable[list[str]]) -> list[list[str]]:
    """Return the paths of categories without those that are the beginning of another."""
    all_paths = [path for path in paths if path]
    return [
        path
        for number, path in enumerate(all_paths)
        if path not in all_paths[:number]
        and not any(len(o) > len(path) and o[: len(path)] == path for o in all_paths)
    ]
