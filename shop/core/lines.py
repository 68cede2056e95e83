"""Texts of one line that people read and compare: names, brands, tags, SKUs, addresses.

They have no control characters, such as line breaks, and no characters that cannot be seen: two
names that look alike would be different, and U+202E shows a text backwards. The joiners of scripts
such as Persian, and of emoji, are allowed where they join something.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

REASON = _(
    "The text contains the character {code}, which cannot be seen. Please remove it, or type the "
    "text again."
)

# Control, format and surrogate characters, separators of lines, noncharacters, and letters without
# a shape. Not refused are variation selectors, marks of Arabic numbers, and joiners.
_REFUSED = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
)
_SOMETIMES = re.compile(
    "[\u200c\u200d\ufe00-\ufe0f\u180b-\u180d\u180f\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
_JOINERS = "\u200c\u200d"
_VIRAMA = 9
_WITH_SELECTOR = "0123456789#*©®"
_LATIN_BELOW = "\u0300"
_BLACK_FLAG = "\U0001f3f4"


def invisible_in(text: str) -> str | None:
    """Return the first character that a line may not contain, or None."""
    return next((text[place] for place in _places(text)), None)


def without_invisible(text: str) -> str:
    """Return a text without the characters that a line may not contain.

    Line breaks and tabs become spaces.
    """
    while places := set(_places(text)):
        text = "".join(
            (" " if c in "\t\n\r" else "") if n in places else c for n, c in enumerate(text)
        ).strip()
    return text


def code_of(character: str) -> str:
    """Return the code of a character as people look it up, such as U+202E."""
    return f"U+{ord(character):04X}"


def validate_line(value: str) -> None:
    """Raise ValidationError for a text that a line may not contain."""
    if (found := invisible_in(value)) is not None:
        raise ValidationError(REASON.format(code=code_of(found)), code="invisible")


def _places(text: str) -> Iterator[int]:
    if text.isascii() and text.isprintable():
        return
    for found in _REFUSED.finditer(text):
        yield found.start()
    for found in _SOMETIMES.finditer(text):
        if not _is_used(text, found.start()):
            yield found.start()


def _is_used(text: str, place: int) -> bool:
    """Return whether a joiner, a variation selector or a tag belongs to what is before it."""
    character, before = text[place], text[place - 1 : place]
    if not before or before.isspace() or before in _JOINERS:
        return False
    if character not in _JOINERS:
        if character >= "\U000e0020":
            return _is_tagged(text, place)
        return before > _LATIN_BELOW or before in _WITH_SELECTOR
    if unicodedata.combining(before) == _VIRAMA:
        return True
    after = text[place + 1 : place + 2]
    return before > _LATIN_BELOW and after > _LATIN_BELOW and after not in _JOINERS


def _is_tagged(text: str, place: int) -> bool:
    """Return whether a tag belongs to the flag of a region, or a selector to an ideograph."""
    if text[place] >= "\U000e0100":
        return text[place - 1] > _LATIN_BELOW
    return text[:place].rstrip("".join(map(chr, range(0xE0020, 0xE0080)))).endswith(_BLACK_FLAG)


if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class LineField(_CharField):
    """A column for a line. Migrations see it as Django's, so that they need no code of the shop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Validate the text."""
        super().__init__(*args, **kwargs)
        self.default_validators = [validate_line]

    def deconstruct(self) -> Any:
        """Return the path of Django's field."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
