"""Events from Stripe: their signature, and the payment that they are about.

Nothing else in an event is used: the state of the payment is fetched from Stripe.
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
class WebhookEvent:
    """The id and kind of an event, and the intent or payment key that it is about."""

    event_id: str
    kind: str
    reference: str
    key: str


def read_event(body: bytes, signature: str) -> WebhookEvent | None:
    """Return the event in a body; None unless Stripe signed these bytes in the last five minutes.

    docs.stripe.com/webhooks#verify-manually. Any of the configured secrets is accepted, so that one
    can be replaced while events signed with the other arrive.
    """
    if not any(_is_signed(body, signature, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        return None
    try:
        return _parse(json.loads(body))
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


def _parse(event: dict[str, Any]) -> WebhookEvent:
    about = event["data"]["object"]
    is_intent = about.get("object") == "payment_intent"
    reference = about["id"] if is_intent else about.get("payment_intent")
    key = (about.get("metadata") or {}).get("payment_key")
    return WebhookEvent(
        event_id=str(event["id"])[:_LENGTH],
        kind=str(event["type"])[:_LENGTH],
        reference=str(reference or "")[:_LENGTH],
        key=str(key or "")[:_LENGTH],
    )
