"""Amounts and days as people write them in a language."""

import re
from copy import copy
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from shop.core.money import show


def write_amount(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount as people write it, such as "12,50 €".

    It is already rounded, so the decimals are those of the shop: babel would round half to even,
    and to the decimals of CLDR, which differ from ISO 4217 for some currencies.
    """
    shown = show(amount)
    locale = Locale.parse(language, sep="-")
    pattern = copy(locale.currency_formats["standard"])
    decimals = len(shown.partition(".")[2])
    pattern.frac_prec = (decimals, decimals)
    text = pattern.apply(Decimal(shown), locale, currency=currency, currency_digits=False)
    # Babel lacks CLDR's rule for the space after a code, as in CHF 2.50.
    return re.sub(r"([^\W\d])(\d)", "\\1\N{NO-BREAK SPACE}\\2", text)


def write_rate(rate: Decimal, language: str) -> str:
    """Return a percentage such as "8.5 %"."""
    shown = format_decimal(rate.normalize(), locale=Locale.parse(language, sep="-"))
    return f"{shown}\N{NO-BREAK SPACE}%"


def write_day(day: date, language: str) -> str:
    """Return a day such as "Nov 26, 2026"."""
    return format_date(day, format="medium", locale=Locale.parse(language, sep="-"))
