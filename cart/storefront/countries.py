"""The countries to which the shop delivers, and the form of an address in each of them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, override
from django_countries import countries

from cart.configuration import current_configuration
from catalog.responses import ResponseBody
from shop.core.countries import country_name, reads, regions_of, rules_of
from shop.core.postal_addresses import LENGTHS, required_fields
from shop.core.slugs import make_slug
from shop.core.vat_numbers import is_checked


def delivered_countries() -> tuple[str, ...]:
    """Return the codes of the countries with a shipping rate, or of all if there are no rates.

    One statement.
    """
    return current_configuration().countries or _all_countries()


def countries_body(language: str) -> ResponseBody:
    """Return the response body: the countries by name, with their forms, in a language."""
    return _body(delivered_countries(), language)


@lru_cache(maxsize=8)
def _body(codes: tuple[str, ...], language: str) -> ResponseBody:
    with override(language):
        forms = [_country(code) for code in codes]
    return ResponseBody({"countries": sorted(forms, key=_by_name)})


def _by_name(country: dict[str, Any]) -> str:
    return make_slug(country["name"], length=100, default="")


@lru_cache(maxsize=1)
def _all_countries() -> tuple[str, ...]:
    return tuple(sorted(code for code, _name in countries))


def _country(code: str) -> dict[str, Any]:
    return {"code": code, "name": country_name(code), "fields": list(_fields(code))}


def _fields(country: str) -> Iterator[dict[str, Any]]:
    """Yield the fields of a form in the order in which the country writes an address."""
    rules, language = rules_of(country), get_language() or ""
    needed = required_fields(country)
    members = rules.members if reads(country, language) else rules.latin_members
    for name in (*members, "phone", *(["vat_number"] if is_checked(country) else [])):
        choices = regions_of(country, language) if name == "region" else {}
        yield {
            "name": name,
            "label": str(rules.label_of(name)),
            "required": name in needed,
            "max_length": LENGTHS[name],
            "example": rules.postal_code_example if name == "postal_code" else "",
            "choices": [{"code": key, "name": text} for key, text in choices.items()],
        }
