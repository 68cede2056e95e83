"""VAT numbers of the EU, the United Kingdom, Switzerland and Norway: format and checksum.

Whether a number belongs to the buyer is not checked here. Other countries' numbers are kept as they
are typed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.ch import uid
from stdnum.ch import vat as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.gb import vat as british
from stdnum.no import mva as norwegian

VAT_NUMBER_LENGTH = 40
"""Characters of a VAT number as it is typed."""

_SEPARATORS = re.compile(r"[\s.,:/\-\u2010-\u2015]+")
_PREFIXES = {"CH": "CHE", "GR": "EL", "IM": "GB", "MC": "FR"}
"""The prefixes of VAT numbers that are not the code of the country."""


def _british(number: str) -> str:
    return f"GB{british.validate(number)}"


def _swiss(number: str) -> str:
    """A number is often written without VAT in a language of the country at its end."""
    return swiss.validate(number) if number[12:] else uid.validate(number)


def _norwegian(number: str) -> str:
    return f"NO{norwegian.validate(number if number.endswith('MVA') else f'{number}MVA')}"


_VALIDATORS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys({*map(str.upper, european.MEMBER_STATES), "EL"} - {"GR"}, european.validate),
    "GB": _british,
    "CHE": _swiss,
    "NO": _norwegian,
}


def country_prefix(country: str) -> str:
    """Return how the VAT numbers of a country begin: EL for Greece."""
    return _PREFIXES.get(country, country)


def is_checked(country: str) -> bool:
    """Return whether VAT numbers of addresses in a country are checked."""
    return country_prefix(country) in _VALIDATORS


def normalize_vat_number(text: str, country: str = "") -> str:
    """Return a VAT number without separators and with the prefix of its country: ``DE136695976``.

    In a country whose numbers are checked, a number may also be one of another such country.
    Raises Django's ValidationError for a number that cannot exist.
    """
    if not is_checked(country):
        return text
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).upper())
    for number, validate in _readings(compact, country_prefix(country)):
        try:
            return validate(number)
        except InvalidNumber:
            continue
    raise ValidationError(
        _("Please check the VAT number: it is not complete, or a digit is wrong."), code="invalid"
    )


def _readings(compact: str, own: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield the number with its own prefix if it has one, and with that of the address."""
    prefix = next((known for known in _VALIDATORS if compact.startswith(known)), "")
    if prefix:
        yield compact, _VALIDATORS[prefix]
    yield f"{own}{compact}", _VALIDATORS[own]
