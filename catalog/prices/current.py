"""What a product costs at an instant. Pure: list, cart and order all ask here.

A sale lowers the list price by percent or by an amount, never below nothing; of several the lowest
price holds. The sales of a product come with its row, as ``catalog.prices.reads`` annotates it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.prices.formulas import reduce_price

BEFORE_A_REDUCTION = timedelta(days=30)
"""Directive 98/6/EC, article 6a (2): the lowest price of at least so long is the prior price."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """A sale, as far as prices go; ``ends_at`` None for one without an end."""

    kind: str
    value: Decimal
    starts_at: datetime
    ends_at: datetime | None
    is_active: bool

    def holds_at(self, instant: datetime) -> bool:
        """Whether it lowers prices then."""
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)

    def of(self, price: Decimal) -> Decimal:
        """Return the price that it makes of a list price."""
        return reduce_price(price, self.kind, self.value)


@dataclass(frozen=True, slots=True)
class Price:
    """What a product costs now, in the shop's currency.

    ``compare_at`` is what it is reduced from, and ``lowest_before`` the lowest price of the 30 days
    before the reduction; None where there is no reduction, or no price was asked before.
    """

    current: Decimal
    compare_at: Decimal | None = None
    lowest_before: Decimal | None = None


def current_price(price: Decimal, sales: Iterable[dict[str, Any]]) -> Decimal:
    """Return the lowest price that the active ``sales`` (kind, value) make of a list price."""
    return min(
        (reduce_price(price, sale["kind"], Decimal(sale["value"])) for sale in sales), default=price
    )


def price_of(
    price: Decimal,
    compare_at: Decimal | None,
    reductions: Sequence[Reduction],
    changes: Sequence[tuple[datetime, Decimal]],
) -> Price:
    """Work out a product's price now.

    ``reductions`` are those that have begun; ``changes`` the list prices that it has had, each with
    the instant that it came, newest first.
    """
    active = [r for r in reductions if r.is_active and r.of(price) < price]
    best = min(active, key=lambda r: r.of(price), default=None)
    current = best.of(price) if best else price
    from_price = max(price, compare_at or price)
    if current >= from_price:
        return Price(current)
    begun = best.starts_at if best else (changes[0][0] if changes else None)
    lowest = lowest_before(begun, changes, reductions) if begun else None
    return Price(current, from_price, lowest)


def lowest_before(
    begun: datetime, changes: Sequence[tuple[datetime, Decimal]], reductions: Sequence[Reduction]
) -> Decimal | None:
    """Return the lowest price asked in the 30 days before ``begun``; None if none was."""
    start = begun - BEFORE_A_REDUCTION
    instants = {start, *(at for at, _ in changes)}
    instants |= {r.starts_at for r in reductions}
    instants |= {r.ends_at for r in reductions if r.ends_at}
    asked = [_asked_at(at, changes, reductions) for at in instants if start <= at < begun]
    return min((price for price in asked if price is not None), default=None)


def _asked_at(
    instant: datetime, changes: Sequence[tuple[datetime, Decimal]], reductions: Sequence[Reduction]
) -> Decimal | None:
    listed = next((price for at, price in changes if at <= instant), None)
    if listed is None:
        return None
    return min([listed, *(r.of(listed) for r in reductions if r.holds_at(instant))])
