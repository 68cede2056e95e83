"""Which rate of tax applies to items, shipping and fees, and how it changes prices abroad."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from cart.pricing.context import Context
from cart.pricing.types import ZERO, Destination, Line

ONE = Fraction(1)


class TaxReason(StrEnum):
    """Why a rate of tax applies."""

    HOME_COUNTRY = "home_country"
    DESTINATION_COUNTRY = "destination_country"
    ADDRESS_MISSING = "address_missing"
    """The rate of the shop's country is assumed."""
    REVERSE_CHARGE = "reverse_charge"
    NO_RATE = "no_rate"
    """The country has no rate in the tax table."""
    SHIPPING_NOT_TAXED = "shipping_not_taxed"


@dataclass(frozen=True, slots=True)
class Charge:
    """A rate of tax with the reason why it applies."""

    rate: Decimal
    """A percentage."""
    country: str
    region: str
    name: str
    reason: str


def home(context: Context) -> Destination:
    """Return the place whose tax is in the shop's prices."""
    settings = context.configuration.settings
    return Destination(settings.home_country, region=settings.home_region)


def is_reverse_charge(context: Context) -> bool:
    """Return whether the buyer owes the tax. Never within the shop's country."""
    place = context.destination
    return (
        context.is_reverse_charge and place is not None and place.country != home(context).country
    )


def charge_for(tax_class: str, context: Context) -> Charge:
    """Return what applies to a tax class at the destination; without one, at home."""
    charge = _charge_at(context.destination or home(context), tax_class, context)
    if is_reverse_charge(context):
        return Charge(ZERO, charge.country, "", charge.name, TaxReason.REVERSE_CHARGE)
    return charge


def _charge_at(place: Destination, tax_class: str, context: Context) -> Charge:
    found = context.configuration.taxes.rate(place, tax_class)
    if found is None:
        return Charge(ZERO, place.country, "", "", TaxReason.NO_RATE)
    reason = found.reason or _reason_for(place, context)
    return Charge(found.rate, found.country, found.region, found.name, reason)


def _reason_for(place: Destination, context: Context) -> TaxReason:
    if context.destination is None:
        return TaxReason.ADDRESS_MISSING
    is_home = place.country == home(context).country
    return TaxReason.HOME_COUNTRY if is_home else TaxReason.DESTINATION_COUNTRY


def shipping_charges(tax_class: str, shipped: Sequence[Line], context: Context) -> list[Charge]:
    """Return what applies to the part of shipping that each shipped item causes."""
    place = context.destination or home(context)
    charges = _shipping_charges_at(place, tax_class, shipped, context)
    if is_reverse_charge(context):
        charge = charge_for(tax_class, context)
        return [charge] * len(charges)
    return charges


def _shipping_charges_at(
    place: Destination, tax_class: str, shipped: Sequence[Line], context: Context
) -> list[Charge]:
    """Return what applies at a place. Items that cost nothing do not divide shipping."""
    method = context.configuration.taxes.shipping_tax(place.country)
    if method == "none":
        charge = Charge(ZERO, place.country, "", "", TaxReason.SHIPPING_NOT_TAXED)
        return [charge] * len(shipped)
    is_divided = method == "proportional" and any(line.total for line in shipped)
    if method == "highest" or is_divided:
        charges = [_charge_at(place, line.item.tax_class, context) for line in shipped]
        highest = max(charges, key=lambda charge: charge.rate)
        return charges if is_divided else [highest] * len(shipped)
    return [_charge_at(place, tax_class, context)] * len(shipped)


def weights_of(shipped: Sequence[Line]) -> list[Decimal]:
    """Return how shipping is divided among shipped items: by their totals, equally if all are 0."""
    weights = [line.total for line in shipped]
    return weights if any(weights) else [Decimal(1)] * len(weights)


def price_factor(tax_class: str, context: Context) -> Fraction:
    """Return by what a price of a tax class is multiplied at the destination."""
    if not _is_restated(context):
        return ONE
    return _factor(
        _charge_at(home(context), tax_class, context).rate, charge_for(tax_class, context).rate
    )


def shipping_factor(tax_class: str, shipped: Sequence[Line], context: Context) -> Fraction:
    """Return by what a price of shipping is multiplied at the destination."""
    if not _is_restated(context):
        return ONE
    before = _shipping_charges_at(home(context), tax_class, shipped, context)
    after = shipping_charges(tax_class, shipped, context)
    weights = [Fraction(weight) for weight in weights_of(shipped)]
    parts = (
        weight * _factor(old.rate, new.rate)
        for weight, old, new in zip(weights, before, after, strict=True)
    )
    return sum(parts, Fraction(0)) / sum(weights)


def _is_restated(context: Context) -> bool:
    """Return whether prices lose the home tax, so that the tax of the destination is in them."""
    settings = context.configuration.settings
    return (
        settings.prices_include_tax
        and context.destination is not None
        and (settings.prices_abroad == "restate" or is_reverse_charge(context))
    )


def _factor(old: Decimal, new: Decimal) -> Fraction:
    return Fraction(100 + new) / Fraction(100 + old)
