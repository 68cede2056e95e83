"""Slugs: the names of products, categories and attributes in URLs, filters and files.

A slug has ASCII letters, digits, hyphens, underscores, and any visible characters beyond ASCII.
API, admin, import and URLs accept the same slugs. A slug beyond ASCII is stored in one form, NFKC
and case-folded, so that ``Café`` typed on any keyboard is one slug. An ASCII slug is stored as it
is written.
"""

import re
import unicodedata
from typing import Any

from anyascii import anyascii
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

PATTERN = r"^(?:[A-Za-z0-9_-]|[^\x00-\x7f])+$"
"""A pattern that all slugs match, for OpenAPI. ``is_slug`` is stricter beyond ASCII."""
REASON = _("Use letters, digits, hyphens and underscores, and no spaces.")

_ASCII = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# Letters, marks and symbols without a shape: Default_Ignorable_Code_Point and the Braille blank.
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\u2800\U000e0100-\U000e01ef]"
)
_ASCII_WITH_MARKS = re.compile("([a-z])[\u0300-\u036f]+")
_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})
_LETTERS = {
    "de": str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"}),
    **dict.fromkeys(("da", "nb", "nn", "no"), _DANISH),
}
"""What people write instead of letters that their keyboard lacks, by language. Swedish writes å, ä
and ö as a and o, as any other language does here."""
_NO_ASCII_SLUG = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
_HYPHENS = re.compile("-{2,}")


def normalize_slug(value: str) -> str:
    """Return the form in which a slug is stored."""
    return value if value.isascii() else fold(value)


def is_slug(value: str) -> bool:
    """Return whether a text is a slug in the form in which slugs are stored."""
    if value.isascii():
        return bool(_ASCII.fullmatch(value))
    return fold(value) == value and all(_has_category(c, "LMNPS") for c in value)


def validate_slug(value: str) -> None:
    """Raise ValidationError unless ``value`` is a slug."""
    if not is_slug(value):
        raise ValidationError(REASON, code="invalid")


def fold(text: str) -> str:
    """Return a text in the form in which names and slugs are compared: NFKC, case-folded."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def fold_name(name: str) -> str:
    """Return a name in the form in which names are compared: folded, with single spaces."""
    return " ".join(fold(name).split())


def make_slug(name: str, *, length: int, default: str, language: str = "") -> str:
    """Return a slug of at most ``length`` characters that people recognize the name in.

    Latin letters become ASCII (``Straße`` → ``strasse``), other scripts stay (``緑茶``). Letters
    that a ``language`` writes as two are two (``Küche`` → ``kueche``). Different names may have the
    same slug. A name without letters and digits gets the ``default``.
    """
    kept = fold(name)
    if letters := _LETTERS.get(language.partition("-")[0]):
        kept = kept.translate(letters)
    if kept.isascii():
        kept = _NO_ASCII_SLUG.sub("-", kept.replace("'", ""))
    else:
        kept = "".join(_to_ascii(character) for character in kept)
        kept = _ASCII_WITH_MARKS.sub(r"\1", kept)
        kept = "".join(c if _has_category(c, "LMN") else _replace(c) for c in kept)
    return _HYPHENS.sub("-", kept)[:length].strip("-_") or default


def _has_category(character: str, categories: str) -> bool:
    """Return whether a slug may contain a character that is of these categories of Unicode."""
    if character.isascii():
        return bool(_ASCII.fullmatch(character))
    is_visible = not INVISIBLE.match(character)
    return is_visible and unicodedata.category(character)[0] in categories


def _replace(character: str) -> str:
    """Return a hyphen for a character that separates words, and nothing within a word."""
    is_within = character in "'’" or INVISIBLE.match(character)
    return "" if is_within or unicodedata.category(character) == "Cf" else "-"


def _to_ascii(character: str) -> str:
    is_latin = unicodedata.name(character, "").startswith("LATIN ")
    return anyascii(character).casefold() if is_latin else character


class SlugFormField(forms.CharField):
    """A slug in a form, which stores it in its normal form."""

    default_validators = [validate_slug]

    def __init__(self, *, allow_unicode: bool = True, **kwargs: Any) -> None:
        """``allow_unicode`` tells the admin how to propose a slug."""
        self.allow_unicode = allow_unicode
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        """Normalize the slug."""
        return normalize_slug(super().to_python(value) or "")


class SlugField(models.SlugField):  # type: ignore[type-arg] # not at run time
    """A column for slugs. Migrations see it as Django's, so that they need no code of the shop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Allow all scripts."""
        super().__init__(*args, **{**kwargs, "allow_unicode": True})
        self.default_validators = [validate_slug]

    def deconstruct(self) -> Any:
        """Return the path of Django's field."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.SlugField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """Return a form field that normalizes slugs."""
        return super().formfield(**{"form_class": SlugFormField, **kwargs})
