"""Postal addresses: what a request may contain, what is stored, and what an address must have.

An address that is still being typed can be stored: ``missing_fields`` says what it needs. Text is
stored as it was typed, trimmed and in Unicode's NFC.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from shop.core.address_lengths import LENGTHS as LENGTHS  # noqa: PLC0414 - for its readers
from shop.core.countries import country_name, is_country, rules_of
from shop.core.fields import StrictStr
from shop.core.lines import invisible_in
from shop.core.openapi import example
from shop.core.phones import PHONE_LENGTH, normalize_phone
from shop.core.serializers import RequestSerializer
from shop.core.slugs import INVISIBLE
from shop.core.vat_numbers import VAT_NUMBER_LENGTH, normalize_vat_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EXAMPLE = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}
"""An address for the OpenAPI document, with the members that are not empty."""
# Control characters, halves of UTF-16 pairs, separators of lines and paragraphs, and what reverses
# the order of the characters behind it.

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# The mark of a country before its postal code, by the layout and by the buyer.
_MARK_TWICE = re.compile("(〒|[A-Z]{1,2}-)\\1")


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address as the shop stores it. What it does not have is an empty text.

    ``country`` is a code of ISO 3166-1, ``phone`` has the form of E.164, and ``region`` is what the
    buyer typed: a code or a name (``countries.region_code`` makes it comparable).
    """

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    phone: str = ""
    vat_number: str = ""

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> Self:
        """Return the address of a stored or validated object. Ignores members of other releases."""
        known = values or {}
        return cls(**{name: known[name] for name in MEMBERS if known.get(name)})

    def to_json(self) -> dict[str, str]:
        """Return all members, to be stored or to be a response."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return the address as its country writes it, with the name of the country at the end.

        Phone and VAT number are not part of it.
        """
        rules, values = rules_of(self.country), self.to_json()
        own_script = any(unicodedata.category(each) == "Lo" for each in f"{self.line1}{self.city}")
        layout = rules.format if own_script else rules.latin_format
        extra = [self.city] if "city" not in rules.members else []
        extra += [self.region] if "region" not in rules.members else []
        lines = [_fill(line, values) for line in layout.split("%n")]
        lines += [*extra, country_name(self.country) if self.country else ""]
        return [part for line in lines for part in line.split("\n") if part]


MEMBERS = [field.name for field in fields(PostalAddress)]


def missing_fields(address: PostalAddress) -> list[str]:
    """Return the members that the address still needs, in the order of its country's form.

    It needs a name or a company, a country, and what its country asks for.
    """
    missing = [name for name in required_fields(address.country) if not getattr(address, name)]
    return [name for name in missing if not (name == "name" and address.company)]


def required_fields(country: str) -> list[str]:
    """Return the members that addresses in a country need, in the order of its form.

    A company may take the place of a name.
    """
    rules = rules_of(country)
    needed = rules.required | {"name", "country"}
    return [name for name in (*rules.members, "country") if name in needed]


def label_of(member: str, country: str = "") -> "StrOrPromise":
    """Return the word of a country for a member of its addresses, in the active language."""
    return rules_of(country).label_of(member)


class AddressText(StrictStr):
    """A line of text, stored as it was typed. It may be empty; null means the same."""

    default_error_messages = {
        "characters": _("Please remove line breaks and invisible characters."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Let it be absent, null or empty."""
        super().__init__(**{"required": False, "allow_null": True, "allow_blank": True, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> str:
        """Return an empty text for null."""
        return super().run_validation(data) or ""

    def to_internal_value(self, data: Any) -> str:
        """Normalize the text. Raise ValidationError for control characters."""
        text = super().to_internal_value(data)
        if len(text) > 4 * (self.max_length or 0):  # normalizing takes long for many accents
            self.fail("max_length", max_length=self.max_length)
        text = unicodedata.normalize("NFC", text)
        is_seen = any(map(_is_visible, text))
        if invisible_in(text) is not None and (is_seen or _CONTROL.search(text)):
            self.fail("characters")
        return text if is_seen else ""


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z]{2}$", "examples": ["DE"]})
class CountryField(AddressText):
    """The code of a country, which is stored in capital letters."""

    default_error_messages = {
        "country": _("“{value}” is not the code of a country. Use two letters, such as DE."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Limit the length."""
        super().__init__(max_length=LENGTHS["country"], **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Raise ValidationError for any other code."""
        code = StrictStr.to_internal_value(self, data).upper()
        if code and not (len(code) == LENGTHS["country"] and is_country(code)):
            self.fail("country", value=code[:20])
        return code


@extend_schema_serializer(examples=[example(EXAMPLE)])
class AddressSerializer(RequestSerializer):
    """An address, which may be incomplete. Its country decides about the other members.

    The validated value is a dict with all members, for ``PostalAddress.from_json``.
    """

    name = AddressText(max_length=LENGTHS["name"])
    company = AddressText(max_length=LENGTHS["company"])
    line1 = AddressText(max_length=LENGTHS["line1"])
    line2 = AddressText(max_length=LENGTHS["line2"])
    postal_code = AddressText(max_length=LENGTHS["postal_code"])
    city = AddressText(max_length=LENGTHS["city"])
    region = AddressText(
        max_length=LENGTHS["region"], help_text="The code or the name of a state or province."
    )
    country = CountryField(help_text="ISO 3166-1, such as DE.")
    phone = AddressText(
        max_length=PHONE_LENGTH, help_text="Stored in its international form, such as +4930123456."
    )
    vat_number = AddressText(
        max_length=VAT_NUMBER_LENGTH, help_text="Format and checksum are checked in Europe."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check and normalize what depends on the country."""
        values = {**attrs, **{name: attrs.get(name, "") for name in MEMBERS}}
        errors: dict[str, Any] = {}
        for name, normalize in _NORMALIZERS.items():
            try:
                values[name] = values[name] and normalize(values[name], values["country"])
            except DjangoValidationError as error:
                errors[name] = get_error_detail(error)
        errors |= self.missing(PostalAddress.from_json(values))
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def missing(self, address: PostalAddress) -> dict[str, Any]:
        """Return an error for each member that the address must have. It may be incomplete."""
        return {}


class CompleteAddressSerializer(AddressSerializer):
    """An address that something can be sent to."""

    def missing(self, address: PostalAddress) -> dict[str, Any]:
        """Return an error for each of ``missing_fields``."""
        return {
            name: serializers.ErrorDetail(
                _("Please fill in: {label}.").format(label=label_of(name, address.country)),
                "required",
            )
            for name in missing_fields(address)
        }


class PostalAddressSerializer(serializers.Serializer[Any]):
    """An address. What it does not have is an empty text."""

    name = serializers.CharField()
    company = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    postal_code = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1, such as DE.")
    phone = serializers.CharField(help_text="In its international form, such as +4930123456.")
    vat_number = serializers.CharField()


def check_postal_code(text: str, country: str) -> str:
    """Return a postal code as it was typed. Raises Django's ValidationError for another form."""
    rules = rules_of(country)
    if rules.accepts_postal_code(text):
        return text
    raise DjangoValidationError(
        _("{label} ({country}): “{value}” is not valid. Example: {example}.").format(
            label=rules.label_of("postal_code"),
            value=text,
            country=country_name(country),
            example=rules.postal_code_example,
        ),
        code="invalid",
    )


_NORMALIZERS: dict[str, Callable[[str, str], str]] = {
    "postal_code": check_postal_code,
    "phone": normalize_phone,
    "vat_number": normalize_vat_number,
}


def _fill(line: str, values: Mapping[str, str]) -> str:
    """Replace the letters of a line of a format. A line without values is empty."""
    members = {"A": "line1", "C": "city", "N": "name", "O": "company", "S": "region"}
    members |= {"Z": "postal_code"}
    letters = re.findall("%([A-Z])", line)
    texts = {letter: values.get(members.get(letter, ""), "") for letter in letters}
    if not any(texts.values()):
        return ""
    filled = re.sub("%([A-Z])", lambda found: texts[found[1]], line).strip(" ,-")
    filled = _MARK_TWICE.sub(r"\1", filled)
    return f"{filled}\n{values['line2']}" if "A" in letters and values["line2"] else filled


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" and not INVISIBLE.match(character)
