"""Amounts: ``Decimal`` in the currency of the shop (SHOP_CURRENCY), which has two decimals or none.

Columns have two decimals, which are 0 in a currency without decimals.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

CENT = Decimal("0.01")
_WHOLE = Decimal(1)
WHOLE_CURRENCIES = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"}
    | {"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
)
"""The ISO 4217 currencies without decimals."""
ZERO = Decimal("0.00")
MAX_DIGITS = 12
MAX_AMOUNT = Decimal("9999999999.99")


@cache
def exponent() -> int:
    """Return the number of decimals of the currency: 0 or 2."""
    return 0 if settings.SHOP_CURRENCY in WHOLE_CURRENCIES else 2


@receiver(setting_changed)
def _forget(**_: object) -> None:
    """Read the currency again in tests that change a setting."""
    exponent.cache_clear()


def smallest_unit() -> Decimal:
    """Return the smallest amount of the currency: 0.01, or 1 for a currency without decimals."""
    return CENT if exponent() else _WHOLE


def quantize(amount: Decimal) -> Decimal:
    """Round an amount to the smallest unit of the currency, a half away from zero."""
    return amount.quantize(smallest_unit(), rounding=ROUND_HALF_UP)


def is_payable(amount: Decimal) -> bool:
    """Return whether an amount has no more decimals than the currency."""
    return quantize(amount) == amount


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum, 0.00 without amounts."""
    return sum(amounts, ZERO)


def show(amount: Decimal) -> str:
    """Return an amount as the API writes it, such as "12.50"; "1250" without decimals."""
    return f"{amount:.2f}" if exponent() else str(int(amount))


def show_rate(rate: Decimal) -> str:
    """Return a percentage as the API writes it, such as "19" or "5.5"."""
    text = f"{rate:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def currency() -> str:
    """Return the currency of the shop, an ISO 4217 code."""
    code: str = settings.SHOP_CURRENCY
    return code
