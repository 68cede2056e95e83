"""Passwords: one text for all ways to type it, and which texts are refused.

Whether "é" is sent as one character or as two depends on the device, so that a password could work
on one and not on another. The form that is hashed is the profile OpaqueString of RFC 8265, section
4.2, with NFKC instead of NFC (docs/decisions).
"""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MAX_LENGTH = 128
"""The largest number of characters of a password, in the form that is hashed."""
LONGEST_INPUT = 4 * MAX_LENGTH
"""The largest number of characters as they are typed: NFD divides one into four at most."""

# Control characters, parts of UTF-16, and what this version of Unicode does not define: a later
# version could normalize it to something else.
_REFUSED = frozenset({"Cc", "Cs", "Cn"})


def normalize_password(text: str) -> str:
    """Return the form that is hashed: every space as U+0020, and NFKC. Case is kept."""
    if text.isascii():
        return text
    spaces = "".join(" " if unicodedata.category(each) == "Zs" else each for each in text)
    return unicodedata.normalize("NFKC", spaces)


def spellings(text: str) -> tuple[str, ...]:
    """Return the texts that a stored hash may have been made from, the most probable one first.

    Earlier releases hashed a password as it was typed, as one character for each letter or as
    several. An ASCII password has one spelling. Others have three at most.
    """
    if text.isascii() or len(text) > LONGEST_INPUT:
        return (text,)
    forms = (normalize_password(text), text, unicodedata.normalize("NFD", text))
    return tuple(dict.fromkeys(forms))


class CharactersValidator:
    """Refuses passwords that are too long or contain control or unassigned characters."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError."""
        if len(password) > LONGEST_INPUT or len(normalize_password(password)) > MAX_LENGTH:
            raise ValidationError(
                _("This password is too long. It can have up to {limit} characters.").format(
                    limit=MAX_LENGTH
                ),
                code="password_too_long",
            )
        if any(unicodedata.category(each) in _REFUSED for each in password):
            raise ValidationError(
                _(
                    "This password contains a control character or an unknown character. Use "
                    "letters, digits, symbols and spaces."
                ),
                code="password_characters",
            )

    def get_help_text(self) -> str:
        """Return the help text of forms."""
        return _(
            "Your password can have up to {limit} letters, digits, symbols and spaces, but no "
            "control characters."
        ).format(limit=MAX_LENGTH)


_SENTENCES = {
    "password_too_similar": gettext_lazy(
        "This password is too similar to your name, username or e-mail address."
    ),
    "password_entirely_numeric": gettext_lazy("This password consists of digits only."),
}
"""Sentences that replace those of Django, which name columns and end with a space in German."""


class NormalizedValidator:
    """Another validator, which sees the password in the form that is hashed."""

    def __init__(self, validator: str, **options: Any) -> None:
        """Take the path of the validator's class, and its options."""
        self._validator = import_string(validator)(**options)

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if the validator does."""
        try:
            self._validator.validate(normalize_password(password[:LONGEST_INPUT]), user)
        except ValidationError as error:
            sentence = _SENTENCES.get(error.code or "")
            if sentence is None:
                raise
            raise ValidationError(sentence, code=error.code) from None

    def get_help_text(self) -> str:
        """Return the help text of the validator."""
        return str(self._validator.get_help_text())
