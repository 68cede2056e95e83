"""What Stripe's answers mean to the shop."""

from typing import Any

import stripe

from payments.gateways.base import (
    Charge,
    Outcome,
    OutcomeStatus,
    StatedCharge,
    StatedRefund,
)
from payments.gateways.stripe.amounts import from_minor, to_minor

# docs.stripe.com/payments/paymentintents/lifecycle
STATUSES = {
    "requires_payment_method": OutcomeStatus.REQUIRES_ACTION,
    "requires_confirmation": OutcomeStatus.REQUIRES_ACTION,
    "requires_action": OutcomeStatus.REQUIRES_ACTION,
    "processing": OutcomeStatus.PENDING,
    "requires_capture": OutcomeStatus.AUTHORISED,
    "succeeded": OutcomeStatus.SUCCEEDED,
    "canceled": OutcomeStatus.CANCELLED,
}
# docs.stripe.com/error-codes
WRONG_STATE = frozenset({"payment_intent_unexpected_state", "charge_already_captured"})


def outcome(charge: Charge, intent: Any) -> Outcome:
    """Return an intent as an outcome. Raises ValueError if it is not of this charge."""
    wanted = (to_minor(charge.amount, charge.currency), charge.currency.lower())
    if (intent.amount, intent.currency) != wanted or key_of(intent) != charge.key:
        raise ValueError("the intent is of another payment or amount")
    status = STATUSES[intent.status]
    took, waits = status == OutcomeStatus.SUCCEEDED, status == OutcomeStatus.REQUIRES_ACTION
    return Outcome(
        status,
        reference=intent.id,
        captured=from_minor(intent.amount_received, intent.currency) if took else None,
        client_secret=intent.client_secret if waits else "",
    )


def key_of(intent: Any) -> str:
    """Return our key of an intent's payment, "" for an intent that the shop did not make."""
    return named(intent, "payment_key")


def named(thing: Any, name: str) -> str:
    """Return what a thing's metadata says under a name, "" for nothing."""
    # A StripeObject is no dict: what it lacks is an AttributeError.
    return str(getattr(thing.metadata, name, ""))


def stated(intent: Any, refunds: tuple[StatedRefund, ...]) -> StatedCharge:
    """Return an intent as a line of a statement."""
    return StatedCharge(
        reference=intent.id,
        key=key_of(intent),
        status=STATUSES[intent.status],
        currency=intent.currency.upper(),
        captured=from_minor(intent.amount_received, intent.currency),
        refunds=refunds,
    )


def is_about_key(error: stripe.StripeError) -> bool:
    """Return whether it is the idempotency key that was refused: that says nothing of the work."""
    return isinstance(error, stripe.IdempotencyError) or (error.code or "").startswith(
        "idempotency"
    )


def is_replayed(error: stripe.StripeError) -> bool:
    """Return whether this failure is the first one's again, kept for its key."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return headers.get("idempotent-replayed") == "true"
