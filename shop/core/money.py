"""Amounts: ``Decimal`` with two decimals, in the currency of the shop (SHOP_CURRENCY)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MAX_DIGITS = 12
MAX_AMOUNT = Decimal("9999999999.99")


def quantize(amount: Decimal) -> Decimal:
    """Round an amount to cents, half a cent away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum, 0.00 without amounts."""
    return sum(amounts, ZERO)


def show(amount: Decimal) -> str:
    """Return an amount as the API writes it, such as "12.50"."""
    return f"{amount:.2f}"


def show_rate(rate: Decimal) -> str:
    """Return a percentage as the API writes it, such as "19" or "5.5"."""
    text = f"{rate:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def currency() -> str:
    """Return the currency of the shop, an ISO 4217 code."""
    code: str = settings.SHOP_CURRENCY
    return code
