"""The fee of an unpaid order, which the choice of another payment method changes."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from cart.pricing import TaxRow, price
from cart.pricing.rounding import round_half_up
from orders.models import AdjustmentKind, Order, OrderTax
from orders.services.destinations import addresses_of, context_of
from orders.services.placing import Fee
from orders.shown import statuses_of
from orders.statements import new_adjustments
from orders.states import FulfilmentStatus
from shop.core.money import ZERO, exponent

_ONE = Decimal(1)


def set_fee(order: Order, fee: Fee) -> None:
    """Set the fee of an order, with the tax and the total that depend on it.

    Needs the caller's transaction, which has locked the order; no payment of it is live. Sends
    nothing if the order has no fee and gets none. The fee is taxed at the rate that applies now.
    The orders of earlier releases have no fee, and that of an order that was shipped, also in part,
    does not change: its invoice has it.
    """
    if order.subtotal is None or (fee.amount == ZERO and not order.fee_total):
        return
    if statuses_of(order).fulfilment_status != FulfilmentStatus.UNFULFILLED:
        return
    context = context_of(order, addresses_of(order))
    old, new = order.fee_total or ZERO, price((), replace(context, fee=fee.amount)).fee_total
    if old == new:
        return
    rates = price((), replace(context, fee=_ONE)).taxes
    tax = sum((_set_tax(order, rate, new - old) for rate in rates), ZERO)
    order.fee_total = new
    order.tax_total = (order.tax_total or ZERO) + tax
    order.total += new - old + (ZERO if order.prices_include_tax else tax)
    order.save(update_fields=["total", "fee_total", "tax_total"])
    order.adjustments.filter(kind=AdjustmentKind.FEE).delete()
    if new:
        kind = AdjustmentKind.FEE.value
        new_adjustments.send_with_next([(order.pk, kind, fee.name, new, None, "", [])])


def _set_tax(order: Order, rate: TaxRow, change: Decimal) -> Decimal:
    """Change what is taxed at a rate by ``change``; return by what the tax changes."""
    where = {"country": rate.country, "region": rate.region, "reason": rate.reason}
    row = OrderTax.objects.filter(order=order, rate=rate.rate, **where).first()
    row = row or OrderTax(
        order=order, rate=rate.rate, name=rate.name, base=ZERO, amount=ZERO, **where
    )
    before = row.amount
    taxed = max(ZERO, row.base + (before if order.prices_include_tax else ZERO) + change)
    if order.tax_rounding == "item":
        step = _tax_on(order, rate.rate, abs(change))
        row.amount = max(ZERO, before + (step if change > 0 else -step))
    else:
        row.amount = _tax_on(order, rate.rate, taxed)
    row.base = taxed - row.amount if order.prices_include_tax else taxed
    if taxed:
        row.save()
    elif row.pk:
        row.delete()
    changed: Decimal = row.amount - before
    return changed


def _tax_on(order: Order, rate: Decimal, amount: Decimal) -> Decimal:
    whole = 100 + Fraction(rate) if order.prices_include_tax else Fraction(100)
    return round_half_up(Fraction(amount) * Fraction(rate) / whole, exponent())
