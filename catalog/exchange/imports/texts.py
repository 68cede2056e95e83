"""Reads texts, image addresses and the values that identify something: SKUs, slugs and options.

What does not change the meaning is corrected: ``Corrected`` has the new value and the reason.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from catalog.exchange.imports.rows import quote
from catalog.exchange.imports.tables import SheetCell
from catalog.limits import IMAGE_URL_LENGTH
from shop.core.lines import code_of, invisible_in, without_invisible
from shop.core.slugs import is_slug, normalize_slug

# Characters that a database or XML cannot represent.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# A number as a spreadsheet writes it to CSV after it has dropped digits.
_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}", re.ASCII)
# The apostrophe with which a number is entered as text.
_TEXT_MARK = re.compile(r"'(?=[0-9])")
_SPACES = re.compile(r"[ \t\r\n]")
_url = URLValidator(schemes=["http", "https"])


class InvalidValue(Exception):
    """A value is invalid for its column. The message is the reason."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A value that differs from the cell, and what was corrected."""

    value: Any
    reason: str


def text(limit: int) -> Callable[[str], str | Corrected]:
    """Return a function that shortens text to ``limit`` characters and drops control characters."""

    def read(value: str) -> str | Corrected:
        found = _CONTROL.search(value)
        clean = _CONTROL.sub("", value).strip() if found else value
        if len(clean) > limit:
            reason = f"The text has {len(clean):,} characters and was cut to {limit:,}."
            return Corrected(clean[:limit].rstrip(), reason)
        if found:
            return Corrected(clean, f"The control character {code_of(found[0])} was left out.")
        return value

    return read


def exact(limit: int) -> Callable[[str], str]:
    """Return a function that validates text which must not be shortened."""

    def read(value: str) -> str:
        if len(value) > limit:
            raise InvalidValue(
                f"The text has {len(value):,} characters, at most {limit:,} allowed."
            )
        if found := _CONTROL.search(value):
            reason = f"The text contains the control character {code_of(found[0])}."
            raise InvalidValue(reason)
        return value

    return read


def line(limit: int) -> Callable[[str], str | Corrected]:
    """Return a function that reads a line of text; it drops characters that cannot be seen."""
    return partial(_read_line, text(limit))


def exact_line(limit: int) -> Callable[[str], str | Corrected]:
    """Return a function that reads a line as ``line`` does, which must not be shortened."""
    return partial(_read_line, exact(limit))


def code(limit: int) -> Callable[[str], str | Corrected]:
    """Return a function that reads a value which identifies something, such as a SKU."""
    read = exact_line(limit)
    return lambda value: read(as_shown(value))


def value_of(read: str | Corrected) -> str:
    """Return the text that was read, corrected or not."""
    return str(read.value) if isinstance(read, Corrected) else read


def _read_line(read: Callable[[str], str | Corrected], value: str) -> str | Corrected:
    result = read(value)
    found = invisible_in(value_of(result))
    if found is None:
        return result
    clean = without_invisible(value_of(result))
    if not clean:
        raise InvalidValue("The text has no characters that can be seen.")
    return Corrected(clean, f"The character {code_of(found)}, which cannot be seen, was left out.")


def as_shown(cell: str) -> str:
    """Return a cell as the text that people see in a spreadsheet.

    Raises InvalidValue if the spreadsheet has lost digits of a number or made it a date.
    """
    if isinstance(cell, SheetCell):
        if cell.problem:
            raise InvalidValue(cell.problem)
        return cell.shown
    value = cell.strip()
    if _SCIENTIFIC.fullmatch(value):
        raise InvalidValue(
            f"A spreadsheet has shortened the number to {quote(value)}. Format the column as text "
            "and enter the number again."
        )
    return _TEXT_MARK.sub("", value, count=1) if value.startswith("'") else value


def slug(limit: int) -> Callable[[str], str]:
    """Return a function that normalizes and validates slugs."""

    def read(value: str) -> str:
        found = normalize_slug(as_shown(value))
        if not is_slug(found) or len(found) > limit:
            reason = f"A slug has at most {limit} letters, digits, hyphens and underscores."
            raise InvalidValue(f"{quote(value)} is not a slug. {reason}")
        return found

    return read


def url(value: str) -> str | Corrected:
    """Validate the URL of an image. Add ``https:`` and replace spaces if necessary."""
    found = f"https:{value}" if value.startswith("//") else value
    found = _SPACES.sub("%20", found)
    try:
        _url(exact(IMAGE_URL_LENGTH)(found))
    except ValidationError:
        raise InvalidValue(
            f"{quote(value)} is not a URL that begins with https:// or http://."
        ) from None
    return found if found == value else Corrected(found, f"The URL was corrected to {found}.")
