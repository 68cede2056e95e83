"""Events that Stripe sends: whether they are its own, and what they are about.

Nothing else in them is believed: what an event tells of is then fetched.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

import stripe
from django.conf import settings

TOLERANCE = 300
_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Told:
    """An event's name and kind, and the intent or the payment's key that it is about."""

    event_id: str
    kind: str
    reference: str
    key: str


def read_event(body: bytes, signature: str) -> Told | None:
    """Return what a body is about; None unless Stripe signed these very bytes just now.

    docs.stripe.com/webhooks#verify-manually. Any of the configured secrets will do, so that one can
    be replaced while events of the other are on their way.
    """
    if not any(_is_signed(body, signature, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        return None
    try:
        return _told(json.loads(body))
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
        # The SDK refuses what is too old; what is too new was not signed just now either.
        stamp = next(part for part in signature.split(",") if part.startswith("t="))
        return int(stamp[2:]) <= time.time() + TOLERANCE
    except (stripe.SignatureVerificationError, StopIteration, ValueError):
        return False


def _told(event: dict[str, Any]) -> Told:
    about = event["data"]["object"]
    is_intent = about.get("object") == "payment_intent"
    reference = about["id"] if is_intent else about.get("payment_intent")
    key = (about.get("metadata") or {}).get("payment_key")
    return Told(
        event_id=str(event["id"])[:_LENGTH],
        kind=str(event["type"])[:_LENGTH],
        reference=str(reference or "")[:_LENGTH],
        key=str(key or "")[:_LENGTH],
    )
