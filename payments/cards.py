"""No card number reaches the shop: a request that holds one is refused before it is read further.

A number is taken for a card's if it has 13 to 19 digits, perhaps grouped by blanks or hyphens, and
a check digit that is right (ISO/IEC 7812-1: the formula of Luhn). It is never repeated, not even to
its sender.
"""

import re
from collections.abc import Iterator
from typing import Any

from payments.errors import CardNumberRefused

_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])", re.ASCII)


def refuse_card_numbers(data: Any) -> None:
    """Raise CardNumberRefused, a 400 that names the field, if ``data`` holds one anywhere."""
    for field, text in _texts(data, ""):
        if any(_is_card_number(found) for found in _DIGITS.findall(text)):
            raise CardNumberRefused(
                field=field or "body",
                reason="This looks like a card number. Send it to the payment provider alone, and "
                "its token here.",
            )


def _texts(data: Any, field: str) -> Iterator[tuple[str, str]]:
    """Yield each string, number and member's name under the path of what holds it."""
    if isinstance(data, dict):
        for name, member in data.items():
            yield field, str(name)
            yield from _texts(member, f"{field}.{name}" if field else str(name))
    elif isinstance(data, list):
        for member in data:
            yield from _texts(member, field)
    elif isinstance(data, str | int):
        yield field, str(data)


def _is_card_number(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char not in " -"]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0
