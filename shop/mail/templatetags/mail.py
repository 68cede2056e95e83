"""The filters of the templates of mails.

``{{ order.total|money:order.currency }}`` and ``{{ label|word:texts }}``.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils import translation

from shop.core.formats import write_amount

register = template.Library()


@register.filter
def money(amount: Decimal | str, currency: str) -> str:
    """Return an amount as people write it in the active language, such as "12,50 €"."""
    return write_amount(Decimal(amount), currency, translation.get_language() or "en")


@register.filter
def word(label: str, texts: Mapping[str, Any] | str) -> str:
    """Return the word that staff have chosen instead of ``label``.

    A label such as "Shipping: Standard" has the word before the colon.
    """
    words = texts.get("words", {}) if isinstance(texts, Mapping) else {}
    if label in words:
        return str(words[label])
    first, colon, rest = label.partition(": ")
    return f"{words[first]}: {rest}" if colon and first in words else label
