"""Codes of languages, such as ``de`` and ``pt-br``, and their names.

The settings import this module, so it imports none of the shop.
"""

import re
from collections.abc import Sequence

from babel import Locale, UnknownLocaleError
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
                f"{setting}: {text!r} is no language. Write codes with commas between them, such "
                "as en,de or fr,pt-br; the first is the language of the shop's own texts."
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
