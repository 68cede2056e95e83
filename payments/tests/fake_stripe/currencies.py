"""The amounts that can be charged, in each currency's smallest unit (docs.stripe.com/currencies)."""

from payments.tests.fake_stripe.errors import invalid

# docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
MINIMUMS = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
MAXIMUM = 99_999_999

# docs.stripe.com/currencies#zero-decimal
ZERO_DECIMALS = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
# docs.stripe.com/currencies#three-decimal: thousandths, in multiples of ten.
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
# docs.stripe.com/currencies#special-cases: hundredths, in multiples of one hundred.
WHOLE_HUNDREDTHS = frozenset({"isk", "ugx"})

KNOWN = frozenset(MINIMUMS) | ZERO_DECIMALS | THREE_DECIMALS | WHOLE_HUNDREDTHS


def check(amount: int, currency: str) -> None:
    """Raise ApiError for an amount that Stripe does not charge."""
    if currency not in KNOWN:
        raise invalid(f"Invalid currency: {currency}.", "currency")
    if amount < MINIMUMS.get(currency, 1):
        message = f"Amount must be at least {show(MINIMUMS.get(currency, 1), currency)}"
        raise invalid(message, "amount", "amount_too_small")
    if amount > MAXIMUM:
        message = f"Amount must be no more than {show(MAXIMUM, currency)}"
        raise invalid(message, "amount", "amount_too_large")
    step = 10 if currency in THREE_DECIMALS else 100 if currency in WHOLE_HUNDREDTHS else 1
    if amount % step:
        raise invalid(f"Amounts in {currency} must be multiples of {step}.", "amount")


def show(amount: int, currency: str) -> str:
    """Return an amount with its currency, for error messages."""
    if currency in ZERO_DECIMALS:
        return f"{amount} {currency}"
    decimals = 3 if currency in THREE_DECIMALS else 2
    return f"{amount / 10**decimals:.{decimals}f} {currency}"
