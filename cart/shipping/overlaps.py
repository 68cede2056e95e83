"""Which rates of a shipping method overlap: those that are equally specific for one order."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from cart.places import MAX_PLACES, REGION_LENGTH, check_country
from cart.pricing.rates import normalize_postal_code
from shop.core.countries import region_code
from shop.core.errors import InvalidField
from shop.core.money import show


class Rate(Protocol):
    """A rate, saved or not."""

    countries: list[str]
    regions: list[str]
    postal_prefixes: list[str]
    total_from: Decimal | None
    total_below: Decimal | None
    weight_from: int | None
    weight_below: int | None


def normalize(codes: Iterable[str]) -> list[str]:
    """Return codes trimmed, in upper case, each once."""
    return list(dict.fromkeys(str(code).strip().upper() for code in codes))


def normalize_regions(countries: Sequence[str], regions: Iterable[str]) -> list[str]:
    """Return the codes of regions of the only country, each once; unknown ones as they are."""
    country = countries[0] if len(countries) == 1 else ""
    return list(dict.fromkeys(region_code(country, str(name).strip()) for name in regions))


def normalize_postal_codes(prefixes: Iterable[str]) -> list[str]:
    """Return beginnings of postal codes without spaces and hyphens, in upper case, each once."""
    return normalize(normalize_postal_code(str(prefix)) for prefix in prefixes)


def check_places(rate: Rate) -> None:
    """Raise InvalidField for an unknown country, or for regions of several countries."""
    for code in rate.countries:
        check_country(code, field="countries")
    for name in ("regions", "postal_prefixes"):
        places = getattr(rate, name)
        if places and len(rate.countries) != 1:
            reason = _("Regions and postal codes need exactly one country.")
            raise InvalidField(field=name, reason=reason)
        if not all(0 < len(place) <= REGION_LENGTH for place in places):
            reason = _("Each entry must have 1 to {limit} characters.").format(limit=REGION_LENGTH)
            raise InvalidField(field=name, reason=reason)
        if len(places) > MAX_PLACES:
            reason = _("Enter at most {limit} entries.").format(limit=MAX_PLACES)
            raise InvalidField(field=name, reason=reason)


def shared_place(one: Rate, other: Rate) -> str:
    """Return a place in which both rates apply to one order, or an empty text."""
    if not (
        _meet((one.total_from, one.total_below), (other.total_from, other.total_below))
        and _meet((one.weight_from, one.weight_below), (other.weight_from, other.weight_below))
    ):
        return ""
    return min(_places(one) & _places(other), default="")


def band_of(rate: Rate) -> str:
    """Return the bands of a rate as people read them."""
    parts = []
    if rate.total_from is not None:
        parts.append(_("total from {amount}").format(amount=show(rate.total_from)))
    if rate.total_below is not None:
        parts.append(_("total below {amount}").format(amount=show(rate.total_below)))
    if rate.weight_from is not None:
        parts.append(_("weight from {grams} g").format(grams=rate.weight_from))
    if rate.weight_below is not None:
        parts.append(_("weight below {grams} g").format(grams=rate.weight_below))
    return ", ".join(parts) or _("any total and weight")


def _meet(
    one: tuple[Decimal | int | None, Decimal | int | None],
    other: tuple[Decimal | int | None, Decimal | int | None],
) -> bool:
    """Return whether two bands have a value in common. The upper limits are excluded."""
    starts = (one[0] or 0, other[0] or 0)
    ends = [end for end in (one[1], other[1]) if end is not None]
    return not ends or max(starts) < min(ends)


def _places(rate: Rate) -> set[str]:
    """Return the places that a rate names. Only rates for the same place are equally specific."""
    if rate.regions:
        return {f"{rate.countries[0]} {region}" for region in rate.regions}
    if rate.postal_prefixes:
        return {f"{rate.countries[0]} {prefix}…" for prefix in rate.postal_prefixes}
    return set(rate.countries)
