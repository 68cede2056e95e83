"""What a cart costs: all steps in their order."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from cart.pricing.charges import price_factor
from cart.pricing.context import Context
from cart.pricing.discounts import apply_discounts, complete, discount_sum
from cart.pricing.items import lines_of
from cart.pricing.outcomes import (
    discount_estimates,
    priced_vouchers,
    tax_estimates,
    voucher_problems,
)
from cart.pricing.results import PricedItem, Totals
from cart.pricing.rounding import round_half_up
from cart.pricing.rules import add
from cart.pricing.shipping import ship
from cart.pricing.taxes import Charged, Taxes, prices_include_tax, tax
from cart.pricing.types import ZERO, Item, Line


def price(items: Sequence[Item], context: Context) -> Totals:
    """Return what items cost. Each product is in ``items`` once.

    No amount is negative: discounts end at 0.
    """
    return _price_plain(items, context) if _is_plain(context) else _price(items, context)


def _price(items: Sequence[Item], context: Context) -> Totals:
    exponent = context.configuration.settings.exponent
    zero = round_half_up(ZERO, exponent)
    discounted = apply_discounts(lines_of(items, context), context)
    lines = discounted.lines
    shipping = ship(lines, context)
    discounts = complete(discounted.discounts, shipping.price)
    shipping_total = shipping.price - discount_sum(discounts, "shipping")
    fee = round_half_up(Fraction(context.fee) * price_factor("", context), exponent)
    tax_class = shipping.method.tax_class if shipping.method else ""
    taxes = tax(lines, Charged(shipping_total, tax_class), fee, context)
    vouchers = priced_vouchers(discounted.vouchers, discounts, exponent)
    subtotal = sum((line.subtotal for line in lines), zero)
    tax_total = sum((row.amount for row in taxes.rows), zero)
    is_gross = prices_include_tax(context)
    total = add(lines) + shipping_total + fee + (zero if is_gross else tax_total)
    return Totals(
        items=_in_order(items, lines, taxes),
        subtotal=subtotal,
        total=total,
        discount_total=discount_sum(discounts, "items") + zero,
        shipping_price=shipping.price,
        shipping_total=shipping_total,
        fee_total=fee,
        tax_total=tax_total,
        prices_include_tax=is_gross,
        requires_shipping=any(item.requires_shipping for item in items),
        discounts=discounts,
        vouchers=vouchers,
        shipping_methods=shipping.methods,
        shipping_method=shipping.method,
        shipping_tax=taxes.amounts.get("shipping", zero),
        fee_tax=taxes.amounts.get("fee", zero),
        taxes=taxes.rows,
        estimated=(
            *discount_estimates(discounts, context),
            *shipping.estimated,
            *tax_estimates(context),
        ),
        problems=(*voucher_problems(vouchers), *shipping.problems),
    )


def _in_order(items: Sequence[Item], lines: Sequence[Line], taxes: Taxes) -> tuple[PricedItem, ...]:
    """Return the lines in the order of the items, with the tax of each."""
    by_product = {line.item.product_id: line for line in lines}
    return tuple(_priced_item(by_product[item.product_id], taxes) for item in items)


def _priced_item(line: Line, taxes: Taxes) -> PricedItem:
    subtotal = line.subtotal
    return PricedItem(
        item=line.item,
        unit_price=line.unit_price,
        regular_unit_price=line.regular_unit_price,
        line_subtotal=subtotal,
        discount=subtotal - line.total,
        tax_rate=taxes.rates.get(line.item.product_id, ZERO),
        tax=taxes.amounts.get(line.item.product_id, subtotal - subtotal),
    )


def _is_plain(context: Context) -> bool:
    """Return whether a cart costs what its items cost, which needs no further step."""
    configuration = context.configuration
    return configuration.is_plain and not (
        context.vouchers
        or context.fee
        or context.shipping_method
        or configuration.settings.require_shipping
        or configuration.settings.exponent != 2
    )


def _price_plain(items: Sequence[Item], context: Context) -> Totals:
    zero = Decimal("0.00")
    priced = []
    subtotal = zero
    for item in items:
        line = item.line_total
        subtotal += line
        priced.append(
            PricedItem(item, item.unit_price, item.regular_unit_price, line, zero, ZERO, zero)
        )
    return Totals(
        items=tuple(priced),
        subtotal=subtotal,
        total=subtotal,
        discount_total=zero,
        shipping_price=zero,
        shipping_total=zero,
        fee_total=zero,
        tax_total=zero,
        prices_include_tax=context.configuration.settings.prices_include_tax,
        requires_shipping=any(item.requires_shipping for item in items),
    )
