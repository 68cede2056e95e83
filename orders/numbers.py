"""The numbers of orders: short, random, and found in any spelling.

A number has seven random characters of Crockford's base32 (https://www.crockford.com/base32.html)
and a check character, as defined there: the remainder modulo 37. The five remainders that would
need a punctuation mark are not used. The shop shows ``ORDER_NUMBER_PREFIX`` before the number, but
does not store it.
"""

import re
import secrets

from django.conf import settings

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_MODULUS = 37
_MAX_INPUT = 40
_MISREAD = str.maketrans("OIL", "011")


def new_number() -> str:
    """Return a random number. The caller has to check that no order has it."""
    while True:
        value = secrets.randbelow(len(_ALPHABET) ** (_LENGTH - 1))
        if value % _MODULUS < len(_ALPHABET):
            return _write(value) + _ALPHABET[value % _MODULUS]


def show_number(number: str | None, *, order_id: int) -> str:
    """Return the number as buyers see it, with the prefix.

    An order that an earlier release has placed has no number. Its id stands for it.
    """
    return str(order_id) if number is None else f"{settings.ORDER_NUMBER_PREFIX}{number}"


def read_number(text: str) -> str | None:
    """Return the number in a text that somebody typed, or None if there is none.

    Lower case, O for 0, I and L for 1, spaces, hyphens and the prefix do not matter. A wrong check
    character does.
    """
    if len(text) > _MAX_INPUT:
        return None
    characters = re.sub(r"[^0-9A-Z]", "", text.upper())[-_LENGTH:].translate(_MISREAD)
    if len(characters) != _LENGTH or any(each not in _ALPHABET for each in characters):
        return None
    value = 0
    for each in characters[:-1]:
        value = value * len(_ALPHABET) + _ALPHABET.index(each)
    is_right = _ALPHABET.index(characters[-1]) == value % _MODULUS
    return characters if is_right else None


def _write(value: int) -> str:
    digits = ""
    for _ in range(_LENGTH - 1):
        value, digit = divmod(value, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
