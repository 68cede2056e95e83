"""Finds out whether a table has decimal points or decimal commas, and reads its numbers.

A number may have what the mark leaves no doubt about: signs between thousands, and the shop's own
currency. Everything else is an error in its row, so that no price is guessed.
"""

import pickle
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from enum import Enum
from itertools import chain

from django.conf import settings

from catalog.exchange.imports.rows import FileError
from catalog.exchange.imports.tables import SheetCell, Table

POINT, COMMA = ".", ","
MARKS = {POINT: "decimal points", COMMA: "decimal commas"}

_SAMPLE_ROWS, _SAMPLE_CHARACTERS = 10_000, 1024 * 1024
_SPACES = " \u00a0\u202f'\u2019"
_WITH_SPACES = re.compile(rf"-?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?", re.ASCII)
_IS_SPACE = re.compile(rf"[{_SPACES}]")
_IS_COMMA = re.compile(r"-?(\d+,\d{1,2}|0,\d+|\d{1,3}(\.\d{3})+,\d+)", re.ASCII)
_IS_POINT = re.compile(r"-?(\d+\.\d{1,2}|0\.\d+|\d{1,3}(,\d{3})+\.\d+)", re.ASCII)
_WITH_COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", re.ASCII)
_WITH_POINT = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+(?=\.))(\.\d+)?", re.ASCII)
_NO_CENTS = re.compile(r"[.,](?:--?|[–—])$")
"""What stands for the decimals of a whole amount: 12,- and 12.–"""
_PLAIN = re.compile(r"-?\d+(?:\.\d{1,2})?", re.ASCII)
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+", re.ASCII)
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CHF": "Fr.", "PLN": "zł", "CZK": "Kč"}
_SIGNS |= dict.fromkeys(("CAD", "AUD", "NZD", "SGD", "HKD", "MXN"), "$")
_SIGNS |= dict.fromkeys(("SEK", "NOK", "DKK"), "kr") | {"INR": "₹", "KRW": "₩", "TRY": "₺"}
_SIGNS["CNY"] = _SIGNS["JPY"]
_OTHER = re.compile(
    r"(?:[A-Z]{3}|[€$£¥₹₩₺₽₴])\s?[\d.,]+|[\d.,]+\s?(?:[A-Z]{3}|[€$£¥₹₩₺₽₴]|zł|kr|Kč|Ft)"
)
_CODE = re.compile(
    r"\b(?:AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KRW|"
    r"MXN|MYR|NOK|NZD|PHP|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR)\b",
    re.IGNORECASE,
)
"""The codes of currencies in the names of columns. Others look like words."""


class Number(Enum):
    """What the numbers of a column are. Only amounts say which decimal mark a file has."""

    AMOUNT = 1
    WHOLE = 2


_Row = tuple[int, list[str]]


Numbers = Callable[[str], Number | None]
"""Returns what the numbers of a column with a title are, or None if it has none."""


def numbers_of(
    canonical: Callable[[str], str], amounts: Container[str], whole: Container[str]
) -> Numbers:
    """Return the function for a format, by the canonical names of its columns."""

    def kind_of(title: str) -> Number | None:
        name = canonical(title)
        return Number.AMOUNT if name in amounts else Number.WHOLE if name in whole else None

    return kind_of


def read_decimals(table: Table, kind_of: Numbers, chosen: str = "") -> tuple[Table, str]:
    """Return the table with decimal points in the columns with numbers, and its mark.

    ``kind_of`` returns what the numbers of a column are. The mark is detected in the first rows. If
    these have both, it is a point, so that cells with a comma are errors.
    """
    kinds = [kind_of(title) for title in table.header]
    places = [place for place, kind in enumerate(kinds) if kind]
    if not places:
        return table, chosen or POINT
    rows, found = iter(table.rows), chosen
    if not chosen:
        sample, failed = _sample(rows)
        found = _detect(sample, [place for place in places if kinds[place] == Number.AMOUNT])
        rows = chain(_unpack(sample), _raise(failed), rows)
    mark = found or POINT
    if mark == COMMA:
        return replace(table, rows=_converted(rows, places, _from_comma)), mark
    # Without a proof, 1,000 may as well be a number with three decimals.
    whole = [p for p in places if kinds[p] == Number.WHOLE] if found else []
    rows = _converted(rows, whole, _without_commas)
    return replace(table, rows=_converted(rows, places, _from_point)), mark


def _sample(rows: Iterator[_Row]) -> tuple[list[bytes], FileError | None]:
    """Return the first rows, packed, and the error that ends them, which is raised after them.

    As objects they would need several times as much memory.
    """
    sample: list[bytes] = []
    size = 0
    try:
        for row in rows:
            sample.append(pickle.dumps(row, protocol=pickle.HIGHEST_PROTOCOL))
            size += sum(map(len, row[1]))
            if len(sample) == _SAMPLE_ROWS or size > _SAMPLE_CHARACTERS:
                break
    except FileError as error:
        return sample, error
    return sample, None


def _unpack(sample: Iterable[bytes]) -> Iterator[_Row]:
    return map(pickle.loads, sample)  # this process has packed them


def _raise(error: FileError | None) -> Iterator[_Row]:
    if error is not None:
        raise error
    yield from ()


def _detect(sample: Iterable[bytes], places: list[int]) -> str:
    """Return the mark that the numbers prove, or "" if they prove none or both."""
    has_commas = has_points = False
    for _, cells in _unpack(sample):
        for place in places:
            if place < len(cells) and not isinstance(cells[place], SheetCell):
                text = _bare(cells[place])
                has_commas = has_commas or bool(_IS_COMMA.fullmatch(text))
                has_points = has_points or bool(_IS_POINT.fullmatch(text))
    if has_commas == has_points:
        return ""
    return COMMA if has_commas else POINT


def _converted(
    rows: Iterable[_Row], places: list[int], convert: Callable[[str], str]
) -> Iterator[_Row]:
    for line, cells in rows:
        for place in places:
            if place < len(cells):
                cell = cells[place]
                if cell and not _PLAIN.fullmatch(cell) and not isinstance(cell, SheetCell):
                    cells[place] = convert(cell)
        yield line, cells


def _from_comma(cell: str) -> str:
    """Return a number with a decimal point. What is not a number with a comma stays as it is."""
    text = _bare(cell)
    return text.replace(".", "").replace(",", ".") if _WITH_COMMA.fullmatch(text) else cell


def _from_point(cell: str) -> str:
    """Return a number without what may be in it if marks are points. Others stay as they are."""
    text = _bare(cell)
    return text.replace(",", "") if _WITH_POINT.fullmatch(text) else cell


def _without_commas(cell: str) -> str:
    """Return a whole number without the commas between its thousands."""
    return cell.replace(",", "") if _THOUSANDS.fullmatch(cell.strip()) else cell


def _bare(cell: str) -> str:
    """Return a number without spaces between thousands and without the shop's currency."""
    text = cell.strip()
    for sign in (settings.SHOP_CURRENCY, _SIGNS.get(settings.SHOP_CURRENCY, "")):
        if sign:
            text = text.removeprefix(sign).removesuffix(sign).strip()
    text = _NO_CENTS.sub("", text)
    return _IS_SPACE.sub("", text) if _WITH_SPACES.fullmatch(text) else text


def currency_in(title: str) -> tuple[str, str]:
    """Return the code of the currency in the name of a column, or "", and the name without it.

    A sign that several currencies have is that of the shop if the shop's currency has it.
    """
    if found := _CODE.search(title):
        return found[0].upper(), title[: found.start()] + title[found.end() :]
    for code in (settings.SHOP_CURRENCY, *_SIGNS):
        sign = _SIGNS.get(code, "")
        if sign and re.search(rf"(?<!\w){re.escape(sign)}(?!\w)", title):
            return code, title.replace(sign, " ")
    return "", title


def has_other_currency(text: str) -> bool:
    """Return whether a text is an amount with the sign or the code of another currency."""
    return bool(_OTHER.fullmatch(_bare(text)))
