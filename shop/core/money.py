"""What a cent is: amounts are ``Decimal`` with two decimals, in the one currency of the shop."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MAX_DIGITS = 12
MAX_AMOUNT = Decimal("9999999999.99")


def quantize(amount: Decimal) -> Decimal:
    """Round to the cent, half a cent up (away from zero)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum, 0.00 for none."""
    return sum(amounts, ZERO)


def show(amount: Decimal) -> str:
    """Write an amount as the API does: "12.50"."""
    return f"{amount:.2f}"


def currency() -> str:
    """Return the shop's currency, an ISO 4217 code."""
    code: str = settings.SHOP_CURRENCY
    return code
