"""What an extension can replace: shipping rates, tax rules, and rules of promotions.

An implementation is pure: it is called while rows are locked, so it must not call other services or
read the database. It reads what it needs in advance.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from cart.pricing.rounding import Exact
from cart.pricing.types import (
    Destination,
    Line,
    Method,
    Parcel,
    Promotion,
    ShippingTax,
    TaxRate,
)


class ShippingRates(Protocol):
    """A function that returns the price of a shipping method."""

    def __call__(self, method: Method, parcel: Parcel, /) -> Decimal | None:
        """Return the price in the shop's currency, or None if the method is not available.

        ``Method.free_from`` and promotions are applied afterwards.
        """


class TaxRules(Protocol):
    """Rates of tax. False if there are none, so that nothing is taxed."""

    def __bool__(self) -> bool:
        """Return whether there is any rate."""

    def rate(self, destination: Destination, tax_class: str) -> TaxRate | None:
        """Return the rate for a tax class (empty: standard), or None if the country has none."""

    def shipping_tax(self, country: str) -> ShippingTax:
        """Return how the country taxes shipping."""


class PromotionRule(Protocol):
    """A function that is a rule of promotions."""

    def __call__(self, promotion: Promotion, lines: Sequence[Line], /) -> Sequence[Exact]:
        """Return what the promotion takes off each line, in the shop's currency, not rounded.

        ``lines`` are the eligible lines after earlier discounts, by ascending product id. Nothing
        below 0 or above the line's total is taken off.
        """
