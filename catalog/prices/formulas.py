"""How a sale lowers a price, three times side by side: a change of one is a change of all three.

``reduce_price`` is for one product in Python, ``reduced_cents`` for all products in SQL, and
``highest_price`` is their inverse, by which a range of current prices becomes a range of list
prices that an index finds. Tests compare the three over random sales.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Expression, ExpressionWrapper
from django.db.models.functions import Greatest

from catalog.prices.models import SaleKind
from shop.core.money import MAX_AMOUNT, ZERO, quantize

MOST_CENTS = int(MAX_AMOUNT * 100)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ActiveSale:
    """An active sale; ``value`` is in hundredths of a percent, or in cents."""

    pk: int
    kind: str
    value: int


def in_cents(amount: Decimal) -> int:
    """Return an amount of two decimals as a whole number of cents."""
    return int(amount * 100)


def reduce_price(price: Decimal, kind: str, value: Decimal) -> Decimal:
    """Return the price that a sale makes of a list price, rounded to the cent."""
    off = price * value / _HUNDRED if kind == SaleKind.PERCENT else value
    return max(quantize(price - off), ZERO)


def reduced_cents(price: Any, sale: ActiveSale) -> Expression:
    """Return ``reduce_price`` as an expression over a price in cents."""
    if sale.kind == SaleKind.PERCENT:
        lower: Any = (price * (10_000 - sale.value) + 5_000) / 10_000  # half a cent up
    else:
        lower = Greatest(price - sale.value, 0)
    return ExpressionWrapper(lower, BigIntegerField())


def highest_price(most: int, sales: tuple[ActiveSale, ...]) -> int:
    """Return the highest list price that may be ``most`` or less under these sales, in cents."""
    return max(most, *(_highest(most, sale) for sale in sales))


def _highest(most: int, sale: ActiveSale) -> int:
    """Return the highest list price that ``reduced_cents`` lowers to ``most`` or less."""
    if sale.kind == SaleKind.FIXED:
        return most + sale.value
    rest = 10_000 - sale.value
    return (10_000 * (most + 1) - 5_001) // rest if rest else MOST_CENTS
