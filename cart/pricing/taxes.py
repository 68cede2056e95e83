"""The fourth step: the tax on items, shipping and fee."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cart.pricing.charges import (
    Charge,
    charge_for,
    is_reverse_charge,
    shipping_charges,
    weights_of,
)
from cart.pricing.context import Context
from cart.pricing.results import TaxRow
from cart.pricing.rounding import round_half_up, split
from cart.pricing.types import ZERO, Line


@dataclass(frozen=True, slots=True)
class Part:
    """An amount that is taxed at one rate: a line, the fee, or shipping or a share of it."""

    target: int | str
    """The product id, ``shipping`` or ``fee``."""
    amount: Decimal
    charge: Charge


@dataclass(frozen=True, slots=True)
class Charged:
    """What shipping costs after discounts, and the tax class of the method."""

    amount: Decimal
    tax_class: str


@dataclass(frozen=True, slots=True)
class Taxes:
    """The rows by descending rate, and the tax on each target."""

    rows: tuple[TaxRow, ...]
    amounts: dict[int | str, Decimal]
    rates: dict[int | str, Decimal]
    """The percentage by product id."""


def prices_include_tax(context: Context) -> bool:
    """Return whether the prices of the result include tax. They do not for a reverse charge."""
    return context.configuration.settings.prices_include_tax and not is_reverse_charge(context)


def tax(lines: Sequence[Line], shipping: Charged, fee: Decimal, context: Context) -> Taxes:
    """Return the tax on lines (by ascending product id), shipping and fee, after discounts."""
    if not context.configuration.taxes:
        return Taxes((), {}, {})
    classes = {line.item.tax_class for line in lines}
    charges = {tax_class: charge_for(tax_class, context) for tax_class in classes}
    parts = [Part(line.item.product_id, line.total, charges[line.item.tax_class]) for line in lines]
    parts += _shipping_parts(lines, shipping, context)
    if fee:
        parts.append(Part("fee", fee, charge_for("", context)))
    rows: list[TaxRow] = []
    amounts: dict[int | str, Decimal] = {}
    for group in _by_charge(parts):
        taxes = _taxes_of(group, context)
        rows.append(_row(group, sum(taxes, ZERO), context))
        for part, amount in zip(group, taxes, strict=True):
            amounts[part.target] = amounts.get(part.target, ZERO) + amount
    rates = {part.target: part.charge.rate for part in parts}
    return Taxes(tuple(sorted(rows, key=lambda row: -row.rate)), amounts, rates)


def _shipping_parts(lines: Sequence[Line], shipping: Charged, context: Context) -> list[Part]:
    """Return shipping, divided among the rates of the items that cause it."""
    if not shipping.amount:
        return []
    shipped = [line for line in lines if line.item.requires_shipping]
    weights: dict[Charge, Decimal] = {}
    charges = shipping_charges(shipping.tax_class, shipped, context)
    for charge, weight in zip(charges, weights_of(shipped), strict=True):
        weights[charge] = weights.get(charge, ZERO) + weight
    exponent = context.configuration.settings.exponent
    amounts = split(shipping.amount, list(weights.values()), exponent)
    return [
        Part("shipping", amount, charge)
        for charge, amount in zip(weights, amounts, strict=True)
        if amount
    ]


def _by_charge(parts: Sequence[Part]) -> list[list[Part]]:
    """Return the parts in groups of one rate, whatever the rate is called."""
    groups: dict[tuple[Decimal, str, str, str], list[Part]] = {}
    for part in parts:
        charge = part.charge
        key = (charge.rate, charge.country, charge.region, charge.reason)
        groups.setdefault(key, []).append(part)
    return list(groups.values())


def _taxes_of(group: Sequence[Part], context: Context) -> list[Decimal]:
    """Return the tax on each part of a group, rounded for the group or for each part."""
    settings = context.configuration.settings
    rate = Fraction(group[0].charge.rate)
    factor = rate / (100 + rate) if prices_include_tax(context) else rate / 100
    if settings.tax_rounding == "item":
        return [round_half_up(Fraction(part.amount) * factor, settings.exponent) for part in group]
    total = sum((part.amount for part in group), ZERO)
    amount = round_half_up(Fraction(total) * factor, settings.exponent)
    weights = [part.amount for part in group]
    return split(amount, weights, settings.exponent) if amount else [amount] * len(group)


def _row(group: Sequence[Part], amount: Decimal, context: Context) -> TaxRow:
    charge = group[0].charge
    total = sum((part.amount for part in group), ZERO)
    base = total - amount if prices_include_tax(context) else total
    return TaxRow(
        charge.rate, charge.country, charge.region, charge.name, base, amount, charge.reason
    )
