"""The texts of an order's timeline in the language of the reader.

The timeline stores them in English, because it is never changed afterwards and buyer and staff may
read different languages. A new text needs an entry here; a test lists those that have none.
"""

import re
from collections.abc import Callable

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

JOINED = _("Joined the account")
"""Who reads an order without a login does not see this entry: it says that an account exists."""
_TEXTS = frozenset(
    {
        _("All items cancelled"),
        _("Authorisation voided"),
        _("Confirmed by staff"),
        _("Delivered"),
        _("Dispute closed"),
        _("Dispute lost"),
        _("Dispute won"),
        _("Fulfilment cancelled"),
        JOINED,
        _("Late payment refunded"),
        _("Not paid in time"),
        _("Note added"),
        _("Nothing to pay"),
        _("Order cancelled"),
        _("Order placed"),
        _("Payment authorised"),
        _("Payment disputed"),
        _("Payment received"),
        _("Refund failed"),
        _("Return approved"),
        _("Return closed"),
        _("Return received"),
        _("Return rejected"),
        _("Return requested"),
        _("Withdrawal handled"),
    }
)
_TEMPLATES = (
    _("Cancelled: {items}"),
    _("Changed: {members}"),
    _("Payment disputed: {amount}"),
    _("Refund of {amount} begun"),
    _("Refund of {amount} failed after it had succeeded"),
    _("Refunded {amount}"),
    _("Withdrawal {number} linked"),
    _("{units} unit shipped"),
    _("{units} units shipped"),
)
MEMBERS = {
    "shipping_address": _("shipping address"),
    "billing_address": _("billing address"),
    "phone": _("phone number"),
    "email": _("e-mail address"),
}
"""What can be changed about an order, and its words in the timeline, which has no personal data."""


def _words(listed: str) -> str:
    return ", ".join(map(gettext, listed.split(", ")))


_TRANSLATED: dict[str, Callable[[str], str]] = {"members": _words}
_PATTERNS = [
    (template, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(template)), re.DOTALL))
    for template in _TEMPLATES
]


def translate_note(note: str) -> str:
    """Return the text of an entry of the timeline in the active language."""
    if not note or (get_language() or "en").startswith("en"):
        return note
    template, facts = find_text(note) or (note, {})
    if not facts:
        return gettext(template)  # which may also be the name of a payment method
    return gettext(template).format(
        **{name: _TRANSLATED.get(name, str)(fact) for name, fact in facts.items()}
    )


def find_text(note: str) -> tuple[str, dict[str, str]] | None:
    """Return the text or template of an entry, and its facts; None if it is not known."""
    if note in _TEXTS:
        return note, {}
    for template, pattern in _PATTERNS:
        match = pattern.fullmatch(note)
        if match is not None:
            return template, match.groupdict()
    return None
