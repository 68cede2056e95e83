"""The receipt for a withdrawal, to the address that was declared."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.conf import settings
from django.utils import translation

from orders.models import Withdrawal
from shop.core.models import Event
from shop.mail.mails import Letter, Mail, known_language

# Mail programs make links of whatever looks like one. The address need not be that of the sender
# of the request, who must not be able to send links in the name of the shop.
_IN_A_LINK = re.compile(r"(?<=\S)([.:/@])(?=\S)")
_WORD_JOINER = "\u2060"


def _receipt(event: Event) -> Letter | None:
    withdrawal = Withdrawal.objects.filter(pk=event.object_id).first()
    if withdrawal is None:
        return None
    return Letter(
        recipient=f"withdrawal:{withdrawal.pk}",
        address=withdrawal.email,
        language=known_language(withdrawal.language),
        context=lambda: _context(withdrawal),
    )


def _context(withdrawal: Withdrawal) -> dict[str, Any]:
    """Return what was declared, and when. Texts are shown as they were entered, without links."""
    return {
        "order_number": unlinked(withdrawal.order_number),
        "name": unlinked(withdrawal.name),
        "email": unlinked(withdrawal.email),
        "note": unlinked(withdrawal.note),
        "items": list(_items(withdrawal.items)),
        "received_at": format_datetime(
            withdrawal.created_at,
            "long",
            tzinfo=ZoneInfo(settings.TIME_ZONE),
            locale=translation.to_locale(translation.get_language() or "en"),
        ),
    }


def _items(items: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Yield each item as a text such as "1 × Teapot (TP-1)"."""
    for item in items:
        sku, product_id = item.get("sku", ""), item.get("product_id")
        code = sku or ("" if product_id is None else f"#{product_id}")
        name = item.get("name", "")
        label = f"{name} ({code})" if name and code else name or code
        quantity = item.get("quantity")
        yield unlinked(label if quantity is None else f"{quantity} × {label}")


def unlinked(text: str) -> str:
    """Return a text that looks the same, and that no mail program makes a link of."""
    return _IN_A_LINK.sub(rf"\1{_WORD_JOINER}", text)


MAILS = (Mail("withdrawal_received", event="withdrawal.received", compose=_receipt),)
