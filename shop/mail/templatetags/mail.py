"""The filter of the templates of mails: ``{{ order.total|money:order.currency }}``."""

import re
from copy import copy
from decimal import Decimal

from babel import Locale
from django import template
from django.utils import translation

from shop.core.money import show

register = template.Library()


@register.filter
def money(amount: Decimal | str, currency: str) -> str:
    """Return an amount as people write it in the active language, such as "12,50 €".

    It is already rounded, so the decimals are those of the shop: babel would round half to even,
    and to the decimals of CLDR, which differ from ISO 4217 for some currencies.
    """
    shown = show(Decimal(amount))
    locale = Locale.parse(translation.get_language() or "en", sep="-")
    pattern = copy(locale.currency_formats["standard"])
    decimals = len(shown.partition(".")[2])
    pattern.frac_prec = (decimals, decimals)
    text = pattern.apply(Decimal(shown), locale, currency=currency, currency_digits=False)
    # Babel lacks CLDR's rule for the space after a code, as in CHF 2.50.
    return re.sub(r"([^\W\d])(\d)", "\\1\N{NO-BREAK SPACE}\\2", text)
