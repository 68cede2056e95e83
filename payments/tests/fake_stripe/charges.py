"""Charges: each try at a payment intent's money (docs.stripe.com/api/charges)."""

from copy import deepcopy
from typing import NoReturn

from payments.tests.fake_stripe.account import Account, Object, new_id
from payments.tests.fake_stripe.cards import CARDS, Card
from payments.tests.fake_stripe.errors import Refusal
from payments.tests.fake_stripe.events import Events


class Till:
    """Takes the money of intents that are confirmed. The account's lock is held."""

    def __init__(self, account: Account, events: Events) -> None:
        self.account = account
        self.events = events

    def take(self, intent: Object) -> None:
        """Charge, authorise, begin to process, or decline with a 402."""
        card = self.card_of(intent)
        if card.kind == "us_bank_account":
            self._enter(intent, card, status="pending", captured=False)
            self.move(intent, "processing")
        elif card.code:
            self.decline(intent, card)
        else:
            self._succeed(intent, card)

    def card_of(self, intent: Object) -> Card:
        """Return how the intent's payment method behaves."""
        return CARDS[self.account.cards[intent["payment_method"]]]

    def finish(self, intent: Object, *, well: bool) -> None:
        """End the processing of a payment method that takes days."""
        charge = self.account.charges[intent["latest_charge"]]
        if well:
            charge |= {"status": "succeeded", "paid": True, "captured": True}
            charge["amount_captured"] = intent["amount_received"] = intent["amount"]
            self.events.record("charge.succeeded", charge)
            self.move(intent, "succeeded")
        else:
            charge["status"] = "failed"
            self._require_new_method(intent, Card(code="payment_intent_payment_attempt_failed"))

    def decline(self, intent: Object, card: Card) -> NoReturn:
        """Refuse the card: a charge that failed, and the intent wants another method.

        docs.stripe.com/payments/paymentintents/lifecycle, docs.stripe.com/declines/codes
        """
        charge = self._enter(intent, card, status="failed", captured=False)
        charge |= {"failure_code": card.code, "failure_message": card.message}
        charge["outcome"] = {"type": "issuer_declined", "reason": card.decline_code}
        method = {"id": intent["payment_method"], "object": "payment_method", "type": card.kind}
        self.events.record("charge.failed", charge)
        self._require_new_method(intent, card)
        raise Refusal(
            402,
            card.message,
            kind="card_error",
            was_begun=True,
            code=card.code,
            decline_code=card.decline_code,
            charge=charge["id"],
            payment_method=method,
            payment_intent=deepcopy(intent),
        )

    def fail_authentication(self, intent: Object) -> None:
        """Note that the customer failed at their bank: the intent wants another method.

        docs.stripe.com/error-codes#payment-intent-authentication-failure
        """
        message = (
            "We are unable to authenticate your payment method. Please choose a different payment "
            "method and try again."
        )
        self._require_new_method(intent, Card("payment_intent_authentication_failure", "", message))

    def move(self, intent: Object, status: str) -> None:
        """Change an intent's status, and tell of it."""
        intent["status"] = status
        if status != "requires_action":
            intent["next_action"] = None
        kind = "amount_capturable_updated" if status == "requires_capture" else status
        self.events.record(f"payment_intent.{kind}", intent)

    def _succeed(self, intent: Object, card: Card) -> None:
        is_manual = intent["capture_method"] == "manual"
        charge = self._enter(intent, card, status="succeeded", captured=not is_manual)
        if is_manual:
            # docs.stripe.com/payments/place-a-hold-on-a-payment-method: seven days, then it lapses.
            intent["amount_capturable"] = intent["amount"]
            details = {"capture_before": self.account.now() + 7 * 24 * 3600}
            charge["payment_method_details"]["card"] |= details
        else:
            intent["amount_received"] = charge["amount_captured"] = intent["amount"]
        self.events.record("charge.succeeded", charge)
        self.move(intent, "requires_capture" if is_manual else "succeeded")

    def _require_new_method(self, intent: Object, card: Card) -> None:
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": card.code,
            "decline_code": card.decline_code,
            "message": card.message,
            "charge": intent["latest_charge"],
        }
        intent |= {
            "status": "requires_payment_method",
            "payment_method": None,
            "next_action": None,
        }
        self.events.record("payment_intent.payment_failed", intent)

    def _enter(self, intent: Object, card: Card, *, status: str, captured: bool) -> Object:
        charge = {
            "id": new_id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "balance_transaction": None,
            "captured": captured,
            "created": self.account.now(),
            "currency": intent["currency"],
            "description": intent["description"],
            "disputed": False,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "outcome": None,
            "paid": status == "succeeded",
            "payment_intent": intent["id"],
            "payment_method": intent["payment_method"],
            "payment_method_details": {"type": card.kind, card.kind: {}},
            "refunded": False,
            "status": status,
        }
        self.account.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        return charge
