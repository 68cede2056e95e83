"""Charges: the attempts to pay payment intents (docs.stripe.com/api/charges)."""

from copy import deepcopy
from typing import NoReturn

from payments.tests.fake_stripe.account import Account, Object, new_id
from payments.tests.fake_stripe.cards import CARDS, Card
from payments.tests.fake_stripe.errors import ApiError
from payments.tests.fake_stripe.events import Events


class Charges:
    """Charges confirmed intents. Callers hold the account's lock."""

    def __init__(self, account: Account, events: Events) -> None:
        self.account = account
        self.events = events

    def take(self, intent: Object) -> None:
        """Capture, authorise or begin to process the intent, or raise the 402 of a decline."""
        card = self.card_of(intent)
        if card.kind == "us_bank_account":
            self._create(intent, card, status="pending", captured=False)
            self.set_status(intent, "processing")
        elif card.code:
            self.decline(intent, card)
        else:
            self._succeed(intent, card)

    def card_of(self, intent: Object) -> Card:
        """Return the behaviour of the intent's payment method."""
        return CARDS[self.account.cards[intent["payment_method"]]]

    def finish(self, intent: Object, *, succeed: bool) -> None:
        """End an intent that is processing."""
        charge = self.account.charges[intent["latest_charge"]]
        if succeed:
            charge |= {"status": "succeeded", "paid": True, "captured": True}
            charge["amount_captured"] = intent["amount_received"] = intent["amount"]
            self.events.record("charge.succeeded", charge)
            self.set_status(intent, "succeeded")
        else:
            charge["status"] = "failed"
            self._require_new_method(intent, Card(code="payment_intent_payment_attempt_failed"))

    def decline(self, intent: Object, card: Card) -> NoReturn:
        """Store a failed charge, make the intent require another method, and raise the 402.

        docs.stripe.com/payments/paymentintents/lifecycle, docs.stripe.com/declines/codes
        """
        charge = self._create(intent, card, status="failed", captured=False)
        charge |= {"failure_code": card.code, "failure_message": card.message}
        charge["outcome"] = {"type": "issuer_declined", "reason": card.decline_code}
        method = {"id": intent["payment_method"], "object": "payment_method", "type": card.kind}
        self.events.record("charge.failed", charge)
        self._require_new_method(intent, card)
        raise ApiError(
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
        """Make the intent require another method, because 3-D Secure failed.

        docs.stripe.com/error-codes#payment-intent-authentication-failure
        """
        message = (
            "We are unable to authenticate your payment method. Please choose a different payment "
            "method and try again."
        )
        self._require_new_method(intent, Card("payment_intent_authentication_failure", "", message))

    def set_status(self, intent: Object, status: str) -> None:
        """Change an intent's status, and record the event."""
        intent["status"] = status
        if status != "requires_action":
            intent["next_action"] = None
        kind = "amount_capturable_updated" if status == "requires_capture" else status
        self.events.record(f"payment_intent.{kind}", intent)

    def _succeed(self, intent: Object, card: Card) -> None:
        is_manual = intent["capture_method"] == "manual"
        charge = self._create(intent, card, status="succeeded", captured=not is_manual)
        if is_manual:
            # docs.stripe.com/payments/place-a-hold-on-a-payment-method: it expires in seven days.
            intent["amount_capturable"] = intent["amount"]
            details = {"capture_before": self.account.now() + 7 * 24 * 3600}
            charge["payment_method_details"]["card"] |= details
        else:
            intent["amount_received"] = charge["amount_captured"] = intent["amount"]
        self.events.record("charge.succeeded", charge)
        self.set_status(intent, "requires_capture" if is_manual else "succeeded")

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

    def _create(self, intent: Object, card: Card, *, status: str, captured: bool) -> Object:
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
