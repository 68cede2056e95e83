"""The languages of the shop's texts: codes, such as ``de`` and ``pt-br``, and names.

``SHOP_LANGUAGES`` names them. The first is the shop's own, in which the texts themselves are
written; translations exist for the others. The settings import this module, so it imports none of
the shop.
"""

import re
from collections.abc import Sequence

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

CODE_LENGTH = 10
PATTERN = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_CODE = re.compile(PATTERN, re.ASCII)


def read_languages(setting: str, codes: Sequence[str]) -> dict[str, str]:
    """Return languages with their names in the languages themselves, by code in lower case.

    ``setting`` is the name of the setting. Raises ImproperlyConfigured with the remedy if there is
    none, one twice, or a code that does not name a language.
    """
    found: dict[str, str] = {}
    for text in codes:
        code = text.strip().lower().replace("_", "-")
        name = _name_of(code)
        if not name:
            raise ImproperlyConfigured(
                f"{setting}: {text!r} is not a language. Write codes with commas between them, "
                "such as en,de or fr,pt-br; the first is the language of the shop's own texts."
            )
        if code in found:
            raise ImproperlyConfigured(f"{setting} names {code} twice. Remove one of them.")
        found[code] = name
    if not found:
        raise ImproperlyConfigured(f"{setting} must name at least one language, such as en.")
    return found


def _name_of(code: str) -> str:
    """Return the name of a language in itself, or "" if there is no such language."""
    if not _CODE.fullmatch(code) or len(code) > CODE_LENGTH:
        return ""
    try:
        locale = Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return ""
    return locale.get_display_name(locale) or code


def shop_languages() -> dict[str, str]:
    """Return the names of all languages of the shop's texts, its own first, by code."""
    return dict(settings.SHOP_LANGUAGES)


def own_language() -> str:
    """Return the code of the language in which the shop's texts themselves are."""
    return next(iter(settings.SHOP_LANGUAGES))


def further_languages() -> dict[str, str]:
    """Return the names of the languages to which the shop's texts are translated, by code."""
    _own, *others = settings.SHOP_LANGUAGES.items()
    return dict(others)


def is_translated(language: str) -> bool:
    """Return whether texts in a language of the shop are translations."""
    return language != own_language()


def languages_of_buyers() -> dict[str, str]:
    """Return the names of the languages that buyers can choose, by code.

    They are those of the shop's texts, and further ones that its messages have.
    """
    return {**settings.SHOP_LANGUAGES, **dict(settings.LANGUAGES), **settings.SHOP_LANGUAGES}
