"""The filter of the templates of mails: ``{{ order.total|money:order.currency }}``."""

from decimal import Decimal

from django import template
from django.utils import translation

from shop.core.formats import write_amount

register = template.Library()


@register.filter
def money(amount: Decimal | str, currency: str) -> str:
    """Return an amount as people write it in the active language, such as "12,50 €"."""
    return write_amount(Decimal(amount), currency, translation.get_language() or "en")
