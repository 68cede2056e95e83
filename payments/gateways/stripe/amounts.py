"""Conversion of amounts to Stripe's unit, the smallest unit of the currency.

Most currencies have two decimals, some none, some three (docs.stripe.com/currencies).
"""

from decimal import Decimal

_NONE = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
# Amounts are in thousandths and must be multiples of ten.
_THREE = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Amounts are in hundredths and must be multiples of one hundred.
_WHOLE_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


def to_minor(amount: Decimal, currency: str) -> int:
    """Return ``amount`` in the currency's smallest unit: 4.50 USD is 450, 500 JPY is 500.

    Never rounds. Raises ValueError if the currency cannot represent the amount.
    """
    code = currency.upper()
    exact = amount.scaleb(_decimals(code))
    minor = int(exact)
    step = 10 if code in _THREE else 100 if code in _WHOLE_IN_HUNDREDTHS else 1
    if minor != exact or minor % step:
        raise ValueError(f"{code} cannot represent the amount {amount}")
    return minor


def from_minor(minor: int, currency: str) -> Decimal:
    """Return an amount of the currency's smallest unit as a decimal: 450 USD is 4.50."""
    return Decimal(minor).scaleb(-_decimals(currency.upper()))


def _decimals(code: str) -> int:
    if code in _NONE:
        return 0
    return 3 if code in _THREE else 2
