"""Messages with sample data, so that staff can look at texts without seeing orders."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shop.core.money import currency
from shop.mail.about_orders import Item, Row
from shop.mail.rendering import Rendered, render
from shop.mail.transfers import TransferRow

_DAY = datetime(2026, 1, 31, 12, tzinfo=UTC)


def sample(template: str, language: str) -> Rendered:
    """Return a message about an order that does not exist, in a language of the shop."""
    return render(template, language=language, context=_context)


def _context() -> dict[str, Any]:
    amount = Decimal(24)
    item = Item("Teapot", "", 1, amount)
    return {
        "order": SimpleNamespace(currency=currency(), pay_before=_DAY),
        "number": "1001",
        "order_number": "1001",
        "document": "2026-0001",
        "items": [item],
        "totals": [Row(_("Total"), amount, is_total=True)],
        "addresses": [],
        "amount": amount,
        "can_pay": True,
        "transfer": [TransferRow(pgettext("bank transfer", "Reference"), "RF18539007547034")],
        "order_url": "#",
        "payment_url": "#",
        "reset_url": "#",
        "verification_url": "#",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "received_at": _DAY,
        "returned": [item],
    }
