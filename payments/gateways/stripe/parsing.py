"""Conversion of Stripe's objects and errors to the types of the gateway protocol."""

from datetime import UTC, datetime
from typing import Any

import stripe

from payments.gateways.base import (
    Charge,
    Outcome,
    OutcomeStatus,
    ReportedCharge,
    ReportedRefund,
)
from payments.gateways.stripe import actions
from payments.gateways.stripe.amounts import from_minor, to_minor

# docs.stripe.com/payments/paymentintents/lifecycle
STATUSES = {
    "requires_payment_method": OutcomeStatus.REQUIRES_ACTION,
    "requires_confirmation": OutcomeStatus.REQUIRES_ACTION,
    "requires_action": OutcomeStatus.REQUIRES_ACTION,
    "processing": OutcomeStatus.PROCESSING,
    "requires_capture": OutcomeStatus.AUTHORISED,
    "succeeded": OutcomeStatus.SUCCEEDED,
    "canceled": OutcomeStatus.CANCELLED,
}
# docs.stripe.com/error-codes
MISSING = "resource_missing"
WRONG_STATE = frozenset({"payment_intent_unexpected_state", "charge_already_captured"})


def check(charge: Charge, intent: Any) -> None:
    """Raise ValueError if an intent has another payment key, amount or currency than the charge."""
    expected = (to_minor(charge.amount, charge.currency), charge.currency.lower())
    if (intent.amount, intent.currency) != expected or payment_key_of(intent) != charge.key:
        raise ValueError("the intent belongs to another payment, amount or currency")


def to_outcome(charge: Charge, intent: Any) -> Outcome:
    """Return an intent as an outcome. Raises ValueError as ``check`` does."""
    check(charge, intent)
    status = STATUSES[intent.status]
    captured = None
    if status == OutcomeStatus.SUCCEEDED:
        captured = from_minor(intent.amount_received, intent.currency)
    return Outcome(
        status,
        reference=intent.id,
        captured=captured,
        client_secret=intent.client_secret if status == OutcomeStatus.REQUIRES_ACTION else "",
        capture_before=_capture_before(intent) if status == OutcomeStatus.AUTHORISED else None,
        action=actions.action_of(intent) if status == OutcomeStatus.REQUIRES_ACTION else None,
    )


def _capture_before(intent: Any) -> datetime | None:
    """Return when an authorisation ends, if the intent's charge was expanded and says it."""
    details = getattr(intent.latest_charge, "payment_method_details", None)
    stamp = getattr(getattr(details, "card", None), "capture_before", None)
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def payment_key_of(intent: Any) -> str:
    """Return the payment key of an intent, or "" if the shop did not create the intent."""
    return metadata_value(intent, "payment_key")


def metadata_value(stripe_object: Any, name: str) -> str:
    """Return a value of an object's metadata, or "" if it has none of this name."""
    # A StripeObject has its values as attributes, and no get().
    return str(getattr(stripe_object.metadata, name, ""))


def to_reported_charge(intent: Any, refunds: tuple[ReportedRefund, ...]) -> ReportedCharge:
    """Return an intent and its refunds as a charge for the reconciliation."""
    return ReportedCharge(
        reference=intent.id,
        key=payment_key_of(intent),
        status=STATUSES[intent.status],
        currency=intent.currency.upper(),
        captured=from_minor(intent.amount_received, intent.currency),
        refunds=refunds,
        shop=metadata_value(intent, "shop"),
    )


def is_idempotency_error(error: stripe.StripeError) -> bool:
    """Return whether Stripe refused the idempotency key. The outcome is then unknown."""
    return isinstance(error, stripe.IdempotencyError) or (error.code or "").startswith(
        "idempotency"
    )


def is_replayed(error: stripe.StripeError) -> bool:
    """Return whether the error is the stored response of an earlier request with the same key."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return headers.get("idempotent-replayed") == "true"
