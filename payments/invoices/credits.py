"""What a credit note takes back of each rate of tax: pure functions.

Amounts are rounded to the currency's smallest unit. They are gross: with tax, also if the prices of
the order are without. All credit notes of an invoice together take back no more than it says, of
the total and of each rate, and exactly that once everything was credited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cart.pricing.rounding import round_half_up, split
from orders.refunding import item_total
from payments.invoices.content import Content, Item, Tax
from shop.core.money import ZERO, exponent, show


@dataclass(frozen=True, slots=True)
class CreditedItem:
    """An order item of which ``quantity`` units or only an ``amount`` are credited."""

    order_item_id: int
    quantity: int
    amount: Decimal
    """With tax, after discounts."""


@dataclass(frozen=True, slots=True)
class Credit:
    """What is credited: ``total`` is everything, of which a part may be for items or shipping.

    The rest is an amount for the order as a whole, as a goodwill refund is.
    """

    total: Decimal
    items: tuple[CreditedItem, ...] = ()
    shipping: Decimal = ZERO

    @property
    def rest(self) -> Decimal:
        """The amount that is neither for items nor for shipping."""
        return self.total - self.shipping - sum((item.amount for item in self.items), ZERO)


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of tax in an invoice, and how much of it was credited before."""

    tax: Tax
    gross: Decimal
    items: Decimal
    """The gross amount of the items at this rate; the rest is shipping and fees."""
    credited: Decimal
    credited_tax: Decimal

    @property
    def left(self) -> Decimal:
        """What can still be credited, with tax."""
        return self.gross - self.credited

    def taxes_of(self, amount: Decimal) -> Decimal:
        """Return the tax of a gross amount that is credited now.

        It is the rounded tax of all that will have been credited, without the tax of what was.
        """
        whole = Decimal(self.tax["amount"])
        share = Fraction(self.credited + amount) / Fraction(self.gross)
        tax = round_half_up(Fraction(whole) * share, exponent()) - self.credited_tax
        return min(max(tax, ZERO), amount)


def gross_of(item: Item, *, prices_include_tax: bool) -> Decimal:
    """Return what the buyer owes for an item of an invoice, with tax and after discounts."""
    amounts = (Decimal(item["line_total"]), Decimal(item["discount"]), Decimal(item["tax"] or 0))
    return item_total(*amounts, includes_tax=prices_include_tax)


def credited_taxes(
    credit: Credit, invoice: Content, earlier: Sequence[tuple[int, Content]]
) -> list[Tax]:
    """Return the rows of tax of a credit note, whose total is at most what is left of the invoice.

    ``earlier`` are its other credit notes with 1, and what took one of them back with -1. Amounts
    for items and shipping go to their rates first. What no longer fits there goes to the others.
    """
    rates = _rates(invoice, earlier)
    amounts = [ZERO] * len(rates)
    rest = credit.rest
    for item in credit.items:
        rest += _add(amounts, item.amount, _weights_of_item(item, invoice, rates), rates)
    shipping = [max(rate.gross - rate.items, ZERO) for rate in rates]
    rest += _add(amounts, credit.shipping, shipping, rates)
    _add(amounts, rest, [rate.left for rate in rates], rates)
    return [_row(rate, amount) for rate, amount in zip(rates, amounts, strict=True) if amount]


def _rates(invoice: Content, earlier: Sequence[tuple[int, Content]]) -> list[Rate]:
    found = []
    for tax in invoice["taxes"]:
        rows = [(sign, row) for sign, each in earlier for row in each["taxes"] if _same(row, tax)]
        taxes = sum((sign * Decimal(row["amount"]) for sign, row in rows), ZERO)
        bases = sum((sign * Decimal(row["base"]) for sign, row in rows), ZERO)
        items = [
            gross_of(item, prices_include_tax=invoice["prices_include_tax"])
            for item in invoice["items"]
            if _rate_of(item, invoice) is tax
        ]
        gross = Decimal(tax["base"]) + Decimal(tax["amount"])
        found.append(Rate(tax, gross, sum(items, ZERO), bases + taxes, taxes))
    return found


def _same(one: Tax, other: Tax) -> bool:
    names = ("rate", "country", "region", "reason")
    return all(one[name] == other[name] for name in names)  # type: ignore[literal-required]


def _rate_of(item: Item, invoice: Content) -> Tax | None:
    """Return the row of tax of an item: the first with its rate."""
    return next((tax for tax in invoice["taxes"] if tax["rate"] == item["tax_rate"]), None)


def _weights_of_item(item: CreditedItem, invoice: Content, rates: Sequence[Rate]) -> list[Decimal]:
    found = next((row for row in invoice["items"] if row["id"] == item.order_item_id), None)
    tax = _rate_of(found, invoice) if found is not None else None
    return [rate.left if rate.tax is tax else ZERO for rate in rates]


def _add(
    amounts: list[Decimal], amount: Decimal, weights: Sequence[Decimal], rates: Sequence[Rate]
) -> Decimal:
    """Add an amount to the rates in proportion to weights; return what did not fit."""
    limits = [
        rate.left - given if weight else ZERO
        for rate, given, weight in zip(rates, amounts, weights, strict=True)
    ]
    fits = min(amount, sum(limits, ZERO))
    if fits > ZERO:
        shares = _within(fits, weights, limits)
        amounts[:] = [given + share for given, share in zip(amounts, shares, strict=True)]
    return amount - fits


def _within(
    amount: Decimal, weights: Sequence[Decimal], limits: Sequence[Decimal]
) -> list[Decimal]:
    """Split an amount in proportion to weights; a part that would exceed its limit is cut there."""
    shares = split(amount, [min(pair) for pair in zip(weights, limits, strict=True)], exponent())
    cut = [min(share, limit) for share, limit in zip(shares, limits, strict=True)]
    missing = amount - sum(cut, ZERO)
    for index, limit in enumerate(limits):
        more = min(missing, limit - cut[index])
        cut[index] += more
        missing -= more
    return cut


def _row(rate: Rate, amount: Decimal) -> Tax:
    tax = rate.taxes_of(amount)
    return {**rate.tax, "base": show(amount - tax), "amount": show(tax)}
