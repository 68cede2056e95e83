"""Detection of card numbers: a request that contains one is refused, so that none is stored.

A card number has 13 to 19 digits, optionally grouped by spaces or hyphens, and a valid check digit
(ISO/IEC 7812-1, the Luhn algorithm). Responses and logs never repeat it.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from payments.errors import CardNumberRefused

_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])", re.ASCII)


def refuse_card_numbers(data: Any) -> None:
    """Raise CardNumberRefused if parsed JSON contains a card number in any key or value.

    The error names the field that contains it, as a path joined by dots.
    """
    for field, text in _texts(data, ""):
        if any(_is_card_number(digits) for digits in _DIGITS.findall(text)):
            raise CardNumberRefused(
                field=field or "body",
                reason=_(
                    "This looks like a card number. Send card numbers only to the payment "
                    "provider, and send us the token that it returns."
                ),
            )


def _texts(data: Any, field: str) -> Iterator[tuple[str, str]]:
    """Yield each key, string and number as text, with the path of the field that contains it."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield field, str(key)
            yield from _texts(value, f"{field}.{key}" if field else str(key))
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value, field)
    elif isinstance(data, str | int):
        yield field, str(data)


def _is_card_number(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char not in " -"]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0
