"""The texts of messages that staff have written, instead of those of the templates.

They are plain text with named placeholders, such as ``{number}``, and no templates.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from shop.core.formats import write_amount
from shop.core.translations import Members, Translations
from shop.mail.models import TEXT_MEMBERS, WORD_MEMBERS, MailText

WORDS = "words"
"""The row with the words that all messages share, instead of a template."""
SHARED_WORDS = (
    *("Subtotal", "Total", "Shipping", "Discount", "Shipping address", "Billing address"),
    "View your order",
    "To be paid by:",
    "Pay now",
    "Please transfer the amount with this reference:",
    *("Account holder", "Bank", "Reference"),
    "Item",
    "Amount",
    "If you have not asked for it, you can ignore this message.",
    "The refund is for:",
    "Carrier and tracking number:",
    "Follow the shipment",
    "Choose a password",
    "Your code:",
    "If it was not you, you can ignore this message. Your password stays as it is.",
    "Confirm the address",
    "If it was not you, please tell us at once.",
    "If you have no account with this address, you can ignore this message.",
    "Your declaration",
    "Order:",
    "Name:",
    "E-mail address:",
    "Received:",
    "Items:",
    "You withdraw from the whole order.",
    "Your note:",
    "If you have not sent this declaration, please tell us.",
)
"""English words of the templates that staff can translate."""

_PLACEHOLDER = re.compile(r"{(\w*)}")
_AMOUNT = frozenset({"order_paid", "order_refunded", "payment_failed"})
_DOCUMENT = frozenset({"invoice_issued", "credit_note_issued"})
_ACCOUNT = frozenset({"email_change", "email_changed", "password_reset", "verification"})


def translatable_templates() -> list[str]:
    """Return the templates of messages to buyers, also those of other apps."""
    from shop.mail.previews import templates  # noqa: PLC0415 - it imports the rendering

    return [name for name in templates() if not name.startswith("staff_")]


def members_of(template: str) -> Members:
    """Return the texts that staff can write for a template."""
    return WORD_MEMBERS if template == WORDS else TEXT_MEMBERS


def placeholders_of(template: str) -> list[str]:
    """Return the names of the placeholders that texts of a template may contain."""
    names = ["shop_name"]
    if template not in {*_ACCOUNT, WORDS}:
        names.append("number")
    if template in _AMOUNT:
        names.append("amount")
    return [*names, "document"] if template in _DOCUMENT else names


def check_texts(template: str, translations: Translations) -> None:
    """Raise ValidationError for a placeholder that the template does not have."""
    known = placeholders_of(template)
    for texts in translations.values():
        for name in _used(text for text in texts.values() if isinstance(text, str)):
            if name not in known:
                raise ValidationError(
                    _("The text may not contain {placeholder}. It may contain: {known}.").format(
                        placeholder=f"{{{name}}}",
                        known=", ".join(f"{{{each}}}" for each in known),
                    )
                )


def _used(texts: Iterable[str]) -> list[str]:
    return [name for text in texts for name in _PLACEHOLDER.findall(text)]


def texts_of(template: str, language: str) -> Mapping[str, Any]:
    """Return the texts and ``words`` of a template in a language. One statement."""
    rows = MailText.objects.filter(template__in=[template, WORDS])
    found = dict(rows.values_list("template", "translations"))
    shared = found.get(WORDS, {}).get(language, {})
    return {"words": {}, **shared, **found.get(template, {}).get(language, {})}


def filled(
    texts: Mapping[str, Any], template: str, language: str, context: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the texts with the values of their placeholders."""
    makers: dict[str, Callable[[], object]] = {
        "shop_name": lambda: settings.SHOP_NAME,
        "number": lambda: context.get("number") or context.get("order_number", ""),
        "amount": lambda: write_amount(context["amount"], context["order"].currency, language),
        "document": lambda: context.get("document", ""),
    }
    values = {name: str(makers[name]()) for name in placeholders_of(template)}
    return {
        member: _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
        if isinstance(text, str)
        else text
        for member, text in texts.items()
    }
