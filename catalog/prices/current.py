"""The current price of a product, as pure functions that lists, carts and orders use.

A sale reduces the list price by a percentage or by an amount, but not below zero. If several sales
are active, the lowest price applies. ``catalog.prices.reads`` annotates products with their sales.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.prices.formulas import reduce_price

PRIOR_PRICE_PERIOD = timedelta(days=30)
"""The period before a reduction whose lowest price is shown (Directive 98/6/EC, article 6a)."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """The price reduction of a sale. ``ends_at`` is None if the sale has no end."""

    kind: str
    value: Decimal
    starts_at: datetime
    ends_at: datetime | None
    is_active: bool

    def is_active_at(self, time: datetime) -> bool:
        """Return whether the sale is active at a time."""
        return self.starts_at <= time and (self.ends_at is None or time < self.ends_at)

    def apply(self, price: Decimal) -> Decimal:
        """Return the reduced price for a list price."""
        return reduce_price(price, self.kind, self.value)


@dataclass(frozen=True, slots=True)
class Price:
    """The current price of a product, in the shop's currency.

    ``compare_at`` is the price before the reduction, and None without a reduction.
    ``lowest_before`` is the lowest price in the 30 days before the reduction, and None if there was
    no price then.
    """

    current: Decimal
    compare_at: Decimal | None = None
    lowest_before: Decimal | None = None

    @property
    def reduction_percent(self) -> int | None:
        """The reduction of the lowest price before it, in whole percent, rounded down.

        It is None if that price is not higher (Directive 98/6/EC, article 6a; CJEU C-330/23).
        """
        if self.lowest_before is None or self.lowest_before <= self.current:
            return None
        return int((self.lowest_before - self.current) * 100 / self.lowest_before) or None


def highest_price(prices: Sequence[Decimal]) -> Decimal | None:
    """Return the highest of the variants' prices, or None unless it differs from the lowest."""
    highest = max(prices, default=None)
    return None if highest is None or highest == min(prices) else highest


def current_price(price: Decimal, sales: Iterable[dict[str, Any]]) -> Decimal:
    """Return the lowest price for a list price under active sales, given by kind and value."""
    return min(
        (reduce_price(price, sale["kind"], Decimal(sale["value"])) for sale in sales), default=price
    )


def price_of(
    price: Decimal,
    compare_at: Decimal | None,
    reductions: Sequence[Reduction],
    changes: Sequence[tuple[datetime, Decimal]],
) -> Price:
    """Return the current price of a product.

    ``reductions`` are those that have started. ``changes`` are the list prices with the times from
    which they applied, newest first.
    """
    active = [r for r in reductions if r.is_active and r.apply(price) < price]
    best = min(active, key=lambda r: r.apply(price), default=None)
    current = best.apply(price) if best else price
    full_price = max(price, compare_at or price)
    if current >= full_price:
        return Price(current)
    reduced_at = best.starts_at if best else (changes[0][0] if changes else None)
    lowest = lowest_before(reduced_at, changes, reductions) if reduced_at else None
    return Price(current, full_price, lowest)


def lowest_before(
    end: datetime, changes: Sequence[tuple[datetime, Decimal]], reductions: Sequence[Reduction]
) -> Decimal | None:
    """Return the lowest price in the 30 days before ``end``, or None if there was none."""
    start = end - PRIOR_PRICE_PERIOD
    times = {start, *(time for time, _ in changes)}
    times |= {r.starts_at for r in reductions}
    times |= {r.ends_at for r in reductions if r.ends_at}
    prices = [_price_at(time, changes, reductions) for time in times if start <= time < end]
    return min((price for price in prices if price is not None), default=None)


def _price_at(
    time: datetime, changes: Sequence[tuple[datetime, Decimal]], reductions: Sequence[Reduction]
) -> Decimal | None:
    list_price = next((price for changed_at, price in changes if changed_at <= time), None)
    if list_price is None:
        return None
    return min([list_price, *(r.apply(list_price) for r in reductions if r.is_active_at(time))])
