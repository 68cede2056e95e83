"""What an extension can replace: shipping rates, tax rules, and rules of promotions.

An implementation is pure: it is called while rows are locked, so it must not call other services or
read the database. It reads what it needs in advance.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

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
    """Prices of shipping methods."""

    def price(self, method: Method, parcel: Parcel) -> Decimal | None:
        """Return the price of a method in the shop's currency, or None if it is not available.

        ``Method.free_from`` and promotions are applied afterwards.
        """


class TaxRules(Protocol):
    """Rates of tax."""

    def rate(self, destination: Destination, tax_class: str) -> TaxRate | None:
        """Return the rate for a tax class (empty: standard), or None if the country has none."""

    def shipping_tax(self, country: str) -> ShippingTax:
        """Return how the country taxes shipping."""


class PromotionRule(Protocol):
    """A rule of promotions of an extension."""

    def discounts(self, promotion: Promotion, lines: Sequence[Line]) -> Mapping[int, Fraction]:
        """Return the exact discount by product id, in the shop's currency.

        ``lines`` are the eligible items after earlier discounts. The sum is rounded once, and split
        in proportion. No item gets more than its total.
        """
