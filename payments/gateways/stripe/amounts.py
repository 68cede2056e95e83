"""Amounts as Stripe counts them: in the smallest unit of each currency.

docs.stripe.com/currencies: most have two decimals, some none, some three.
"""

from decimal import Decimal

_NONE = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
# In thousandths, of which the last is always 0.
_THREE = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Without decimals, and yet written in hundredths.
_WHOLE_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


def to_minor(amount: Decimal, currency: str) -> int:
    """Return ``amount`` in the currency's smallest unit: 4.50 USD is 450, 500 JPY is 500.

    Raises ValueError for what the currency cannot express: nothing is ever rounded.
    """
    code = currency.upper()
    exact = amount.scaleb(_decimals(code))
    minor = int(exact)
    step = 10 if code in _THREE else 100 if code in _WHOLE_IN_HUNDREDTHS else 1
    if minor != exact or minor % step:
        raise ValueError(f"there is no amount of {amount} {code}")
    return minor


def from_minor(minor: int, currency: str) -> Decimal:
    """Return an amount in the currency's smallest unit as the shop writes it."""
    return Decimal(minor).scaleb(-_decimals(currency.upper()))


def _decimals(code: str) -> int:
    if code in _NONE:
        return 0
    return 3 if code in _THREE else 2
