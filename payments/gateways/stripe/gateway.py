"""One payment is one PaymentIntent, made under the payment's key and named in its metadata.

What is made of an intent afterwards needs no key of ours: its own states let it be confirmed,
captured and cancelled once (docs.stripe.com/payments/paymentintents/lifecycle). A refund has no
such states, so it is looked for by our key before it is asked for.
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
    GatewayUnavailable,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    StatedCharge,
)
from payments.gateways.stripe import answers, refunds
from payments.gateways.stripe.amounts import to_minor
from payments.gateways.stripe.client import talking

_UNDER_WAY = timedelta(seconds=30)
# Stripe keeps the answer to a key for 24 hours at least (docs.stripe.com/api/idempotent_requests).
_KEY_IS_KEPT = timedelta(hours=23)
# Stripe's clock and ours may differ.
_SKEW = timedelta(minutes=10)
_STATEMENT_SECONDS = 600.0


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
        """STRIPE_SECRET_KEY switches it on."""
        return bool(settings.STRIPE_SECRET_KEY)

    def start(self, charge: Charge) -> Outcome:
        """Make the intent; with a token pay it at once, else leave that to the customer's app."""
        with talking() as api:
            try:
                intent = _make(api, charge)
            except stripe.InvalidRequestError as error:
                if answers.is_about_key(error):
                    raise
                # Refused before anything was made: too small an amount, an unknown currency.
                return Outcome(OutcomeStatus.FAILED)
            if charge.token:
                return _pay(api, charge, intent.id)
            return answers.outcome(charge, intent)

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return the intent's state; one whose making was not heard of is found by its key."""
        with talking() as api:
            intent = _find(api, charge)
            return None if intent is None else answers.outcome(charge, intent)

    def confirm(self, charge: Charge) -> Outcome:
        """Return the intent's state: it went on when the customer's bank said so."""
        return self.fetch(charge) or Outcome(OutcomeStatus.PENDING)

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Take what was authorised; where that is done already, say what was taken."""
        with talking() as api:
            minor = to_minor(amount, charge.currency)
            try:
                intent = api.payment_intents.capture(charge.reference, {"amount_to_capture": minor})
            except stripe.InvalidRequestError as error:
                intent = _see_state(api, charge.reference, error)
            return answers.outcome(charge, intent)

    def cancel(self, charge: Charge) -> Outcome:
        """Cancel the intent; where it is too late for that, say what is true."""
        with talking() as api:
            intent = _find(api, charge)
            if intent is None:
                if _age(charge) < _UNDER_WAY:
                    raise GatewayUnavailable("its making may be under way")
                return Outcome(OutcomeStatus.CANCELLED)
            return answers.outcome(charge, _cancel(api, intent.id))

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Give back a part of what was captured, once for the key."""
        with talking() as api:
            return refunds.give_back(api, charge, to_minor(amount, charge.currency), key)

    def statement(self, since: datetime) -> Iterator[StatedCharge]:
        """Yield every intent made since then, with its refunds."""
        with talking(_STATEMENT_SECONDS) as api:
            intents = api.payment_intents.list(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            given_back = refunds.by_intent(api, since)
            for intent in intents.auto_paging_iter():
                yield answers.stated(intent, given_back.get(intent.id, ()))


def _make(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent:
    """Make the intent, or get the answer again that its making got under this key.

    What is sent follows from the payment's row alone, so that it is the same each time.
    """
    return api.payment_intents.create(
        {
            "amount": to_minor(charge.amount, charge.currency),
            "currency": charge.currency.lower(),
            # The shop has no page for a redirect to come back to; 3-D Secure needs none.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "capture_method": "manual" if charge.captures_later else "automatic",
            "description": f"Order {charge.order_id}",
            "metadata": {"order_id": str(charge.order_id), "payment_key": charge.key},
        },
        {"idempotency_key": charge.key},
    )


def _pay(api: stripe.V1Services, charge: Charge, intent_id: str) -> Outcome:
    """Confirm the intent with the customer's token; one that is declined is given up at once."""
    try:
        intent = api.payment_intents.confirm(
            intent_id,
            {"payment_method": charge.token, "use_stripe_sdk": True},
            {"idempotency_key": f"{charge.key}-confirm"},
        )
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        if answers.is_about_key(error):
            raise
        intent = _cancel(api, intent_id)
        if intent.status == "canceled":
            return Outcome(OutcomeStatus.FAILED, reference=intent_id)
    return answers.outcome(charge, intent)


def _cancel(api: stripe.V1Services, intent_id: str) -> stripe.PaymentIntent:
    try:
        return api.payment_intents.cancel(intent_id)
    except stripe.InvalidRequestError as error:
        return _see_state(api, intent_id, error)


def _see_state(
    api: stripe.V1Services, intent_id: str, error: stripe.InvalidRequestError
) -> stripe.PaymentIntent:
    """Return the intent whose state did not allow what was asked. Raises any other error."""
    if error.code not in answers.WRONG_STATE:
        raise error
    return api.payment_intents.retrieve(intent_id)


def _find(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent | None:
    """Return the intent as it stands; None if Stripe has none and will make none."""
    if charge.reference:
        return api.payment_intents.retrieve(charge.reference)
    if _age(charge) < _KEY_IS_KEPT:
        try:
            # The same answer as the first time: it has the intent's name, and an old state.
            return api.payment_intents.retrieve(_make(api, charge).id)
        except stripe.InvalidRequestError as error:
            if answers.is_about_key(error):
                raise
            return None
        except stripe.APIError as error:
            if not answers.is_replayed(error):
                raise
            # A failure that is kept for the key: whether anything was made, the list tells.
    return _search(api, charge)


def _search(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent | None:
    since = int((charge.created_at - _SKEW).timestamp())
    made: Any = api.payment_intents.list({"created": {"gte": since}, "limit": 100})
    for intent in made.auto_paging_iter():
        if answers.key_of(intent) == charge.key:
            return intent  # type: ignore[no-any-return]
    return None


def _age(charge: Charge) -> timedelta:
    return datetime.now(UTC) - charge.created_at
