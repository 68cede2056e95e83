"""The formula by which a sale reduces a price, in three forms that must be changed together.

``reduce_price`` is for one product in Python, and ``reduced_cents`` for all products in SQL.
``highest_list_price`` is their inverse: it converts a limit of current prices to a limit of list
prices, which have an index. Tests compare the three with random sales.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Expression, ExpressionWrapper
from django.db.models.functions import Greatest

from catalog.prices.models import SaleKind
from shop.core.money import MAX_AMOUNT, ZERO, quantize, smallest_unit

MAX_CENTS = int(MAX_AMOUNT * 100)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ActiveSale:
    """An active sale. ``value`` is in hundredths of a percent, or in cents."""

    pk: int
    kind: str
    value: int


def in_cents(amount: Decimal) -> int:
    """Return an amount in hundredths, also of a currency without decimals."""
    return int(amount * 100)


def reduce_price(price: Decimal, kind: str, value: Decimal) -> Decimal:
    """Return the reduced price for a list price, rounded to the currency's smallest unit."""
    discount = price * value / _HUNDRED if kind == SaleKind.PERCENT else value
    return max(quantize(price - discount), ZERO)


def reduced_cents(price: Any, sale: ActiveSale) -> Expression:
    """Return ``reduce_price`` as an expression over a price in cents."""
    if sale.kind == SaleKind.PERCENT:
        unit = _smallest_unit()
        rest = price * (10_000 - sale.value)
        lower: Any = (rest + 5_000 * unit) / (10_000 * unit) * unit  # rounds half a unit up
    else:
        lower = Greatest(price - sale.value, 0)
    return ExpressionWrapper(lower, BigIntegerField())


def highest_list_price(limit: int, sales: tuple[ActiveSale, ...]) -> int:
    """Return the highest list price, in cents, that one of the sales can reduce to ``limit``."""
    return max(limit, *(_highest_list_price(limit, sale) for sale in sales))


def _highest_list_price(limit: int, sale: ActiveSale) -> int:
    """Return the highest list price that ``reduced_cents`` reduces to ``limit`` or less."""
    if sale.kind == SaleKind.FIXED:
        return limit + sale.value
    rest, unit = 10_000 - sale.value, _smallest_unit()
    return (10_000 * (limit // unit + 1) - 5_001) // rest * unit if rest else MAX_CENTS


def _smallest_unit() -> int:
    """Return the smallest unit of the currency in cents: 100 for one without decimals."""
    return in_cents(smallest_unit())
