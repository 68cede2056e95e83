"""The total of a cart, computed by pure functions that carts and orders share.

The unit prices come from ``catalog.prices.current``; ``cart.services`` combines both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from shop.core.money import add_up, quantize


@dataclass(frozen=True, slots=True)
class PricedItem:
    """A quantity of a product at its current price, in the shop's currency."""

    product_id: int
    name: str
    unit_price: Decimal
    quantity: int

    @property
    def line_total(self) -> Decimal:
        """Unit price times quantity, in the shop's currency."""
        return quantize(self.unit_price * self.quantity)


@dataclass(frozen=True, slots=True)
class PricedCart:
    """The items of a cart, with the sum of their totals in the shop's currency."""

    items: tuple[PricedItem, ...]
    total: Decimal


def price_items(items: Iterable[PricedItem]) -> PricedCart:
    """Return the items with the sum of their totals: 0.00 if there are no items."""
    priced = tuple(items)
    return PricedCart(priced, add_up(item.line_total for item in priced))
