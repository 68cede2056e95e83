"""What a cart costs. Pure: cart and order both ask here, so they cannot disagree."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from shop.core.money import add_up, quantize


@dataclass(frozen=True, slots=True)
class PricedLine:
    """Some pieces of one product at today's price, in the shop's currency."""

    product_id: int
    name: str
    unit_price: Decimal
    quantity: int

    @property
    def line_total(self) -> Decimal:
        """Unit price times quantity."""
        return quantize(self.unit_price * self.quantity)


@dataclass(frozen=True, slots=True)
class PricedCart:
    """The lines of a cart, and their sum in the shop's currency."""

    lines: tuple[PricedLine, ...]
    total: Decimal


def price_lines(lines: Iterable[PricedLine]) -> PricedCart:
    """Add the lines up; 0.00 for none."""
    priced = tuple(lines)
    return PricedCart(priced, add_up(line.line_total for line in priced))
