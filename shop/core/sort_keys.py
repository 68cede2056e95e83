"""Sort keys of names: an order that people expect, equal in every database.

Letters are compared first, without accents and case (``Ärmel`` is between ``Arm`` and ``Art``),
then accents, then case. Spaces and signs are before digits, and digits before letters. Letters
beyond Latin ones are in the order of Unicode.
"""

import unicodedata
from functools import lru_cache

from anyascii import anyascii

from shop.core.slugs import fold_name

MAX_BYTES = 1000
"""Bytes of a sort key. An index of PostgreSQL holds 2,700."""

_SIGNS = r""" _-,;:!?.'"()[]{}@*/\&#%`^+<=>|~$"""
_TABLE = {ord(sign): chr(place) for place, sign in enumerate(_SIGNS, 1)}
_OTHER_SIGN = chr(len(_SIGNS) + 1)


def sort_key(name: str) -> bytes:
    """Return the key of a name. Comparing the bytes of keys compares the names."""
    folded = fold_name(name)
    letters = folded if folded.isascii() else "".join(map(_letters, folded))
    accents = "" if letters == folded else folded
    case = " ".join(name.split()).swapcase()
    parts = (letters.translate(_TABLE), accents, case)
    return "\0".join(parts).encode(errors="replace")[:MAX_BYTES]


@lru_cache(maxsize=4096)
def _letters(character: str) -> str:
    """Return what a folded character is compared as first."""
    if character.isascii():
        return character
    base = "".join(c for c in unicodedata.normalize("NFKD", character) if not _is_mark(c))
    if not base:  # an accent that has no letter with it
        return ""
    if unicodedata.name(base[0], "").startswith("LATIN "):
        return anyascii(base).casefold()
    return _OTHER_SIGN if unicodedata.category(character)[0] in "PSZ" else base


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn"
