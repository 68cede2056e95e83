"""The Stripe gateway. Each payment has one PaymentIntent, whose metadata has the payment's key.

The intent is created with the payment's key as idempotency key. Its states allow one confirmation,
capture and cancellation each (docs.stripe.com/payments/paymentintents/lifecycle). Refunds have no
such states, so ``refunds`` looks for a refund with our key before it creates one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import stripe
from django.conf import settings

from payments.gateways.base import (
    Charge,
    ChargeUnknown,
    GatewayUnavailable,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    ReportedCharge,
    ReportedRefund,
)
from payments.gateways.reports import ReportedDispute
from payments.gateways.stripe import disputes, parsing, refunds
from payments.gateways.stripe.amounts import to_minor
from payments.gateways.stripe.client import api_client

_FIRST_CALL_TIMEOUT = timedelta(seconds=30)
# Stripe stores the response to a key for 24 hours (docs.stripe.com/api/idempotent_requests).
_KEY_LIFETIME = timedelta(hours=23)
# Stripe's clock and ours may differ by this much.
_CLOCK_SKEW = timedelta(minutes=10)
_STATEMENT_SECONDS = 600.0
_WITH_CHARGE: Any = {"expand": ["latest_charge"]}
"""The parameter with which an intent contains its charge, which says when it must be captured."""


@dataclass(frozen=True, slots=True)
class StripeGateway:
    """Stripe's PaymentIntents with automatic payment methods."""

    code: str = "stripe"
    name: str = "Card or wallet"
    recorded_by_staff: bool = False
    confirms_order: bool = False
    payment_window: timedelta | None = None
    can_capture_later: bool = True

    @property
    def is_enabled(self) -> bool:
        """Return whether STRIPE_SECRET_KEY is set."""
        return bool(settings.STRIPE_SECRET_KEY)

    @property
    def client_data(self) -> dict[str, str]:
        """Return STRIPE_PUBLISHABLE_KEY, with which Stripe's form in a storefront begins."""
        key = settings.STRIPE_PUBLISHABLE_KEY
        return {"publishable_key": key} if key else {}

    def start(self, charge: Charge) -> Outcome:
        """Create the intent, and confirm it if there is a token. Else the buyer's app does."""
        with api_client() as api:
            try:
                intent = _create_intent(api, charge)
            except stripe.InvalidRequestError as error:
                if parsing.is_idempotency_error(error):
                    raise
                # Stripe refused to create it, for example because the amount is too small.
                return Outcome(OutcomeStatus.FAILED)
            if charge.token:
                return _confirm_with_token(api, charge, intent.id)
            return parsing.to_outcome(charge, intent)

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return the intent's outcome. An intent without a stored reference is found by its key."""
        with api_client() as api:
            intent = _find(api, charge)
            return None if intent is None else parsing.to_outcome(charge, intent)

    def confirm(self, charge: Charge) -> Outcome:
        """Return the intent's outcome. Stripe continues it when the bank has authenticated."""
        return self.fetch(charge) or Outcome(OutcomeStatus.PENDING)

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Capture ``amount``. If the intent was captured before, return that outcome."""
        with api_client() as api:
            minor = to_minor(amount, charge.currency)
            try:
                intent = api.payment_intents.capture(charge.reference, {"amount_to_capture": minor})
            except stripe.InvalidRequestError as error:
                intent = _retrieve_after_wrong_state(api, charge.reference, error)
            return parsing.to_outcome(charge, intent)

    def cancel(self, charge: Charge) -> Outcome:
        """Cancel the intent. If its state does not allow that, return its outcome."""
        with api_client() as api:
            intent = _find(api, charge)
            if intent is None:
                if _age(charge) < _FIRST_CALL_TIMEOUT:
                    raise GatewayUnavailable("the request that creates it may be delayed")
                return Outcome(OutcomeStatus.CANCELLED)
            return parsing.to_outcome(charge, _cancel(api, intent.id))

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Refund ``amount`` once for the key."""
        with api_client() as api:
            return refunds.refund_once(api, charge, to_minor(amount, charge.currency), key)

    def list_charges(self, since: datetime) -> Iterator[ReportedCharge]:
        """Yield every intent that was created or refunded since ``since``, with its refunds."""
        with api_client(_STATEMENT_SECONDS) as api:
            intents = api.payment_intents.list(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            refunds_of = refunds.by_intent(api, since)
            for intent in intents.auto_paging_iter():
                yield parsing.to_reported_charge(intent, refunds_of.pop(intent.id, ()))
            for intent_id in filter(None, refunds_of):
                # An older one, of which all refunds are needed.
                intent = api.payment_intents.retrieve(intent_id)
                yield parsing.to_reported_charge(intent, refunds.of_intent(api, intent_id))

    def list_refunds(self, charge: Charge) -> tuple[ReportedRefund, ...]:
        """Return the refunds of an intent, also those that were made in the dashboard."""
        with api_client() as api:
            return refunds.of_intent(api, charge.reference)

    def fetch_dispute(self, kind: str, reference: str) -> ReportedDispute:
        """Return a dispute, early fraud warning or review as it is now."""
        with api_client() as api:
            return disputes.fetch(api, kind, reference)

    def list_disputes(self, since: datetime) -> Iterator[ReportedDispute]:
        """Yield every dispute and warning created since ``since``, and the open reviews."""
        with api_client(_STATEMENT_SECONDS) as api:
            yield from disputes.created_since(api, since)


def _create_intent(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent:
    """Create the intent, or get the stored response of the first request with this key.

    The parameters depend only on the payment's row, so they are the same each time, as Stripe
    requires for a repeated key.
    """
    return api.payment_intents.create(
        {
            "amount": to_minor(charge.amount, charge.currency),
            "currency": charge.currency.lower(),
            # A redirect needs a page of the storefront to return to. 3-D Secure needs none.
            "automatic_payment_methods": {
                "enabled": True,
                "allow_redirects": "always" if charge.return_url else "never",
            },
            "capture_method": "manual" if charge.captures_later else "automatic",
            "description": f"Order {charge.order_id}",
            "metadata": {
                "order_id": str(charge.order_id),
                "payment_key": charge.key,
                # Other shops may use the same account.
                "shop": settings.SHOP_NAME,
            },
        },
        {"idempotency_key": charge.key},
    )


def _confirm_with_token(api: stripe.V1Services, charge: Charge, intent_id: str) -> Outcome:
    """Confirm the intent with the buyer's token. If it is declined, cancel it at once."""
    parameters: Any = {"payment_method": charge.token, "use_stripe_sdk": True, **_WITH_CHARGE}
    if charge.return_url:
        parameters["return_url"] = charge.return_url
    try:
        intent = api.payment_intents.confirm(
            intent_id,
            parameters,
            {"idempotency_key": f"{charge.key}-confirm"},
        )
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        if parsing.is_idempotency_error(error):
            raise
        intent = _cancel(api, intent_id)
        if intent.status == "canceled":
            return Outcome(OutcomeStatus.FAILED, reference=intent_id)
    return parsing.to_outcome(charge, intent)


def _cancel(api: stripe.V1Services, intent_id: str) -> stripe.PaymentIntent:
    try:
        return api.payment_intents.cancel(intent_id)
    except stripe.InvalidRequestError as error:
        return _retrieve_after_wrong_state(api, intent_id, error)


def _retrieve_after_wrong_state(
    api: stripe.V1Services, intent_id: str, error: stripe.InvalidRequestError
) -> stripe.PaymentIntent:
    """Return the intent if the error says that its state does not allow the call; else raise it."""
    if error.code not in parsing.WRONG_STATE:
        raise error
    return _retrieve(api, intent_id)


def _retrieve(api: stripe.V1Services, intent_id: str) -> stripe.PaymentIntent:
    """Return the present intent. Raises ChargeUnknown if the account does not know it."""
    try:
        return api.payment_intents.retrieve(intent_id, _WITH_CHARGE)
    except stripe.InvalidRequestError as error:
        if error.code != parsing.MISSING:
            raise
        raise ChargeUnknown(f"the account does not know {intent_id}") from error


def _find(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent | None:
    """Return the current intent of a charge, or None if it was not and will not be created."""
    if charge.reference:
        return _retrieve(api, charge.reference)
    if _age(charge) < _KEY_LIFETIME:
        try:
            # A repeated key returns the stored response, which has the id but an old state.
            return _retrieve(api, _create_intent(api, charge).id)
        except stripe.InvalidRequestError as error:
            if parsing.is_idempotency_error(error):
                raise
            return None
        except stripe.APIError as error:
            if not parsing.is_replayed(error):
                raise
            # Stripe repeats a stored failure, so the list shows whether the intent exists.
    return _find_in_list(api, charge)


def _find_in_list(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent | None:
    since = int((charge.created_at - _CLOCK_SKEW).timestamp())
    intents: Any = api.payment_intents.list({"created": {"gte": since}, "limit": 100})
    for intent in intents.auto_paging_iter():
        if parsing.payment_key_of(intent) == charge.key:
            return intent  # type: ignore[no-any-return]
    return None


def _age(charge: Charge) -> timedelta:
    return datetime.now(UTC) - charge.created_at
