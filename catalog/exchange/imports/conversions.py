"""Conversions of cells that several formats need."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from urllib.parse import urljoin

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
_BETWEEN_FILES = re.compile(r"\s*[,;|\n]\s*")
_WEIGHT = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*([a-z]+)", re.IGNORECASE)
_THREE_DECIMALS = re.compile(r"[1-9][0-9]*,[0-9]{3}")
# Between a category and its parent. A slash without spaces may be in a name.
_BELOW = re.compile(r"\s*(?:->|[>»→])\s*|\s+/\s+")
_BETWEEN_PATHS = re.compile(r"\s*[|;\n]\s*")


def in_grams(cell: str, unit: str) -> str:
    """Return a weight in whole grams. What is no number is reported by its validation."""
    try:
        grams = Decimal(cell.strip()) * _GRAMS[unit.lower()]
        return str(grams.quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        return cell.strip()


def weight_with_unit(cell: str) -> str:
    """Return grams for a weight with a unit, such as "0,5 kg". Others stay as they are."""
    found = _WEIGHT.fullmatch(cell)
    if not found or found[2].lower() not in _GRAMS or _THREE_DECIMALS.fullmatch(found[1]):
        return cell
    return in_grams(found[1].replace(",", "."), found[2])


def split_urls(cell: str, base: str = "") -> list[str]:
    """Return the addresses in a cell. Relative ones belong to a ``base``, if there is one."""
    found = [url.strip(" ,;") for url in _BETWEEN_URLS.split(cell) if url.strip(" ,;")]
    if not base:
        return found
    parts = [[url] if "//" in url else _BETWEEN_FILES.split(url) for url in found]
    return [join_url(base, part) for urls in parts for part in urls if part]


def join_url(base: str, address: str) -> str:
    """Return an address, which is below ``base`` if it is relative."""
    if "://" in address or address.startswith("//"):
        return address
    return urljoin(base.rstrip("/") + "/", address.lstrip("/"))


def split_paths(cell: str) -> list[list[str]]:
    """Return the paths of categories in a cell, without those that are the beginning of another.

    Vertical bars and semicolons are between paths if there are paths, and else between the names of
    one. Commas are between paths if there is a path on each side of them, as names contain commas.
    """
    if not _BELOW.search(cell):
        return deepest_first([[name for name in _BETWEEN_PATHS.split(cell.strip()) if name]])
    paths = _BETWEEN_PATHS.split(cell)
    if len(paths) == 1 and all(_BELOW.search(part) for part in cell.split(",")):
        paths = cell.split(",")
    names = ([name.strip() for name in _BELOW.split(path)] for path in paths)
    return deepest_first([name for name in path if name] for path in names)


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
