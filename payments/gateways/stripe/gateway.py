"""The Stripe gateway. Each payment has one PaymentIntent, whose metadata has the payment's key.

The intent is created with the payment's key as idempotency key. Its states allow one confirmation,
capture and cancellation each (docs.stripe.com/payments/paymentintents/lifecycle). Refunds have no
such states, so ``refunds`` looks for a refund with our key before it creates one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import stripe
from django.conf import settings
from django.utils.translation import gettext_noop

from payments.failures import FailureCode
from payments.gateways.base import (
    Charge,
    GatewayRefused,
    GatewayUnavailable,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    ReportedCharge,
    ReportedRefund,
)
from payments.gateways.reports import ReportedDispute
from payments.gateways.stripe import disputes, failures, intents, parsing, refunds
from payments.gateways.stripe.amounts import to_minor
from payments.gateways.stripe.client import api_client, patiently

_FIRST_CALL_TIMEOUT = timedelta(seconds=30)
_STATEMENT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class StripeGateway:
    """Stripe's PaymentIntents with automatic payment methods."""

    code: str = "stripe"
    name: str = gettext_noop("Card or wallet")
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

    @property
    def wants_details(self) -> bool:
        """Return True: Stripe's checks for fraud use e-mail, phone and shipping address."""
        return True

    def start(self, charge: Charge) -> Outcome:
        """Create the intent, and confirm it if there is a token. Else the buyer's app does.

        If Stripe refuses the shop's requests, the payment fails: the token is not stored, so it
        could not be continued later.
        """
        try:
            with api_client() as api:
                return _start(api, charge)
        except GatewayRefused:
            return Outcome(OutcomeStatus.FAILED, failure_code=FailureCode.PROVIDER_UNAVAILABLE)

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return the intent's outcome. An intent without a stored reference is found by its key."""
        with api_client() as api:
            intent = intents.find(api, charge)
            return None if intent is None else intents.settle(api, charge, intent)

    def confirm(self, charge: Charge) -> Outcome:
        """Return the intent's outcome, as Stripe knows it after the buyer's action.

        If the buyer's last attempt failed, the intent is cancelled and the payment fails, so that
        another one can begin.
        """
        with api_client() as api:
            intent = intents.find(api, charge)
            if intent is None:
                return Outcome(OutcomeStatus.PENDING)
            return intents.settle(api, charge, intent, ends_after_failure=True)

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Capture ``amount``. If the intent was captured before, return that outcome."""
        with api_client() as api:
            minor = to_minor(amount, charge.currency)
            try:
                intent = api.payment_intents.capture(charge.reference, {"amount_to_capture": minor})
            except stripe.InvalidRequestError as error:
                intent = intents.retrieve_after_wrong_state(api, charge.reference, error)
            return parsing.to_outcome(charge, intent)

    def cancel(self, charge: Charge) -> Outcome:
        """Cancel the intent. If its state does not allow that, return its outcome."""
        with api_client() as api:
            intent = intents.find(api, charge)
            if intent is None:
                if intents.age(charge) < _FIRST_CALL_TIMEOUT:
                    raise GatewayUnavailable("the request that creates it may be delayed")
                return Outcome(OutcomeStatus.CANCELLED)
            return parsing.to_outcome(charge, intents.cancel(api, intent.id))

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Refund ``amount`` once for the key."""
        with api_client() as api:
            return refunds.refund_once(api, charge, to_minor(amount, charge.currency), key)

    def list_charges(self, since: datetime) -> Iterator[ReportedCharge]:
        """Yield every intent that was created or refunded since ``since``, with its refunds."""
        with api_client(_STATEMENT_SECONDS) as api:
            created = api.payment_intents.list(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            refunds_of = refunds.by_intent(api, since)
            for intent in created.auto_paging_iter():
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


def _start(api: stripe.V1Services, charge: Charge) -> Outcome:
    try:
        intent = patiently(lambda: intents.create(api, charge))
    except stripe.InvalidRequestError as error:
        if parsing.is_idempotency_error(error):
            raise
        # Stripe refused to create it, for example because the amount is too small.
        return Outcome(OutcomeStatus.FAILED, failure_code=failures.of_error(error))
    if charge.token:
        return intents.confirm_with_token(api, charge, intent.id)
    return parsing.to_outcome(charge, intent)
