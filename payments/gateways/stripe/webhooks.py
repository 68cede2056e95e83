"""Events from Stripe: the verification of their signature, and the payment that they are about.

The rest of an event is not used. The payment's state is fetched from Stripe instead.
"""

import json
import time
from dataclasses import astuple, dataclass
from typing import Any

import stripe
from django.conf import settings

TOLERANCE = 300  # seconds
_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """The id and kind of an event, and the intent and payment key that it is about, or ""."""

    event_id: str
    kind: str
    reference: str
    key: str


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
    return event if all(map(_is_storable, astuple(event))) else None


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
    subject = event["data"]["object"]
    is_intent = subject.get("object") == "payment_intent"
    reference = subject["id"] if is_intent else subject.get("payment_intent")
    key = (subject.get("metadata") or {}).get("payment_key")
    return WebhookEvent(
        event_id=str(event["id"])[:_MAX_LENGTH],
        kind=str(event["type"])[:_MAX_LENGTH],
        reference=str(reference or "")[:_MAX_LENGTH],
        key=str(key or "")[:_MAX_LENGTH],
    )
