"""Events from Stripe: the verification of their signature, and what they are about.

The rest of an event is not used. The present state is fetched from Stripe instead: what an event
says about refunds only decides whether that is necessary.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import stripe
from django.conf import settings

from payments.gateways.base import ReportedRefund
from payments.gateways.stripe import disputes, refunds
from payments.gateways.stripe.amounts import from_minor

TOLERANCE = 300  # seconds
_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """The id and kind of an event, and the intent and payment key that it is about, or "".

    ``shop`` is the name of the shop in the metadata, or "". ``dispute`` is the id of the dispute,
    warning or review that the event is about, and ``dispute_kind`` a value of ``DisputeType``; both
    are "" for others. ``refund`` is the refund, and ``refunded`` the refunded amount of the charge,
    as they were when the event was sent; None for others.
    """

    event_id: str
    kind: str
    reference: str
    key: str
    shop: str = ""
    dispute: str = ""
    dispute_kind: str = ""
    refund: ReportedRefund | None = None
    refunded: Decimal | None = None

    def texts(self) -> Iterator[str]:
        """Yield the texts that are stored or compared with those in the database."""
        yield from (self.event_id, self.kind, self.reference, self.key, self.shop, self.dispute)
        if self.refund is not None:
            yield from (self.refund.reference, self.refund.key)


def read_event(body: bytes, signature: str) -> WebhookEvent | None:
    """Return the event in a body, or None if it is malformed or its signature is not valid.

    A signature is valid for five minutes. Each of STRIPE_WEBHOOK_SECRETS is accepted, so that a
    secret can be replaced while events that are signed with the old one arrive. See
    docs.stripe.com/webhooks#verify-manually.
    """
    if not any(_is_signed(body, signature, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        return None
    try:
        event = _parse(json.loads(body))
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return None
    return event if all(map(_is_storable, event.texts())) else None


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
        # The SDK refuses old signatures only. Those from the future are refused here.
        stamp = next(part for part in signature.split(",") if part.startswith("t="))
        return int(stamp[2:]) <= time.time() + TOLERANCE
    except (stripe.SignatureVerificationError, StopIteration, ValueError, TypeError):
        return False  # TypeError: the SDK compares texts in ASCII only


def _is_storable(text: str) -> bool:
    """Return whether the database can store a text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _parse(event: dict[str, Any]) -> WebhookEvent:
    subject = _subject_of(event)
    kind = str(subject.get("object"))
    reference = subject["id"] if kind == "payment_intent" else subject.get("payment_intent")
    metadata = subject.get("metadata") or {}
    return WebhookEvent(
        event_id=_short(event["id"]),
        kind=_short(event["type"]),
        reference=_short(reference),
        key=_short(metadata.get("payment_key")),
        shop=_short(metadata.get("shop")),
        dispute=_short(subject["id"]) if kind in disputes.TYPES else "",
        dispute_kind=disputes.TYPES.get(kind, ""),
        refund=_refund_of(subject) if kind == "refund" else None,
        refunded=_refunded_of(subject) if kind == "charge" else None,
    )


def _subject_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return the object in an event. A thin event only has its type and id.

    docs.stripe.com/event-destinations
    """
    if event.get("object") != "v2.core.event":
        subject: dict[str, Any] = event["data"]["object"]
        return subject
    related = event.get("related_object") or {}
    return {"object": related.get("type"), "id": related.get("id")}


def _short(value: Any) -> str:
    return str(value or "")[:_MAX_LENGTH]


def _refund_of(subject: dict[str, Any]) -> ReportedRefund | None:
    """Return the refund of an event, or None if it is not as Stripe documents it."""
    try:
        return ReportedRefund(
            reference=_short(subject["id"]),
            key=_short((subject.get("metadata") or {}).get("refund_key")),
            amount=from_minor(int(subject["amount"]), str(subject["currency"])),
            status=refunds.STATES[subject["status"]],
        )
    except (LookupError, TypeError, ValueError):
        return None


def _refunded_of(subject: dict[str, Any]) -> Decimal | None:
    try:
        return from_minor(int(subject["amount_refunded"]), str(subject["currency"]))
    except (LookupError, TypeError, ValueError):
        return None
