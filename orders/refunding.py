"""What the units of an order item, or its shipping, are worth: pure functions, without models.

An amount that cannot be divided by the quantity is divided so that the shares of any number of
steps add up to it exactly: a share is the difference of two cumulative amounts, each rounded once.
Discount and tax are parts of the amount, so they follow it.

Refunds count units from the first one, and cancellations from the last one. So the share of each
depends only on its own steps, and both together are never more than the amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cart.pricing.rounding import round_half_up, split

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an order that can be refunded: an item, or the shipping, which is one unit.

    ``total`` is what the buyer pays for all units, without the discount and with the tax.
    ``tax`` is the tax within it. ``amount_refunded`` and ``units_refunded`` are what refunds that
    have not failed have returned, and ``units_cancelled`` what is neither shipped nor paid.
    """

    total: Decimal
    tax: Decimal = ZERO
    quantity: int = 1
    units_cancelled: int = 0
    units_refunded: int = 0
    amount_refunded: Decimal = ZERO

    @property
    def units_left(self) -> int:
        """How many units are neither cancelled nor refunded."""
        return self.quantity - self.units_cancelled - self.units_refunded


def item_total(
    line_total: Decimal, discount: Decimal | None, tax: Decimal | None, *, includes_tax: bool
) -> Decimal:
    """Return what a buyer pays for all units of an item. Null is nothing, as in old orders."""
    paid = line_total - (discount or ZERO)
    return paid if includes_tax else paid + (tax or ZERO)


def shipping_part(
    shipping: Decimal,
    fee: Decimal,
    tax: Decimal,
    *,
    includes_tax: bool,
    exponent: int,
    amount_refunded: Decimal = ZERO,
) -> Part:
    """Return the shipping of an order. ``tax`` is that of shipping and fee together."""
    if fee and shipping and tax:
        tax = split(tax, [shipping, fee], exponent)[0]
    elif not shipping:
        tax = ZERO
    total = shipping if includes_tax else shipping + tax
    return Part(total, tax, amount_refunded=amount_refunded)


def amount_of_first(part: Part, units: int, exponent: int) -> Decimal:
    """Return what the first ``units`` units are worth."""
    return round_half_up(Fraction(part.total) * units / part.quantity, exponent)


def refund_of(part: Part, units: int, exponent: int) -> Decimal:
    """Return what the next ``units`` units that are refunded are worth.

    It is less if an earlier refund returned a part of their amount already.
    """
    before = amount_of_first(part, part.units_refunded, exponent)
    after = amount_of_first(part, part.units_refunded + units, exponent)
    return max(ZERO, min(after - before, after - part.amount_refunded))


def cancelled_amount(part: Part, units: int, exponent: int) -> Decimal:
    """Return what the last ``units`` units are worth."""
    return part.total - amount_of_first(part, part.quantity - units, exponent)


def cancellation_of(part: Part, units: int, exponent: int) -> Decimal:
    """Return what the next ``units`` units that are cancelled are worth."""
    before = cancelled_amount(part, part.units_cancelled, exponent)
    return cancelled_amount(part, part.units_cancelled + units, exponent) - before


def tax_of_refund(part: Part, amount: Decimal, exponent: int) -> Decimal:
    """Return the tax within the next ``amount`` that is refunded."""
    start = part.amount_refunded
    return _tax_between(part, start, start + amount, exponent)


def tax_of_cancellation(part: Part, units: int, exponent: int) -> Decimal:
    """Return the tax within what the next ``units`` units that are cancelled are worth."""
    end = part.total - cancelled_amount(part, part.units_cancelled, exponent)
    return _tax_between(part, end - cancellation_of(part, units, exponent), end, exponent)


def _tax_between(part: Part, start: Decimal, end: Decimal, exponent: int) -> Decimal:
    """Return the tax within a range of the total. Ranges that adjoin have exactly their tax."""
    if not part.total:
        return ZERO
    rate = Fraction(part.tax) / Fraction(part.total)
    taxes = (round_half_up(Fraction(amount) * rate, exponent) for amount in (end, start))
    return next(taxes) - next(taxes)


def reduce_to(amounts: Sequence[Decimal], total: Decimal, exponent: int) -> list[Decimal]:
    """Return amounts in the same proportions that add up to ``total``, which is at most theirs."""
    if not sum(amounts, ZERO):
        return list(amounts)
    return split(total, amounts, exponent, limits=amounts)


def divide(amounts: Sequence[Decimal], limits: Sequence[Decimal]) -> list[list[Decimal]]:
    """Divide amounts among refunds of ``limits``, the first of them first.

    Return for each limit a share of each amount. The limits together are at least the amounts.
    """
    rest, shares = list(amounts), []
    for limit in limits:
        left, row = limit, []
        for index, amount in enumerate(rest):
            share = min(left, amount)
            rest[index], left = amount - share, left - share
            row.append(share)
        shares.append(row)
    return shares
