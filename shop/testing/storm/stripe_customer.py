"""A client that pays by Stripe, as customers do: now by a token, now in Stripe's own form."""

import time
from http.client import HTTPException
from typing import Any

from payments.tests.fake_stripe.client import FakeStripe
from shop.testing.storm.buyer import Client
from shop.testing.storm.ledger import Ledger

_FORM = ""
_CARDS = ("pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_authenticationRequired")
_TRIES = 8


class Payer(Client):
    """Pays by token or in the form, authenticates or walks away, changes its mind."""

    method = "stripe"
    tokens = (
        _FORM,
        _FORM,
        _FORM,
        "pm_card_visa",
        "pm_card_visa",
        "pm_card_pendingRefund",
        "pm_usBankAccount_success",
        "pm_card_visa_chargeDeclined",
        "pm_card_authenticationRequired",
    )

    def __init__(
        self, url: str, number: int, products: list[int], ledger: Ledger, fake: FakeStripe
    ) -> None:
        super().__init__(url, number, products, ledger)
        self.fake = fake

    def _pay(self, order_id: int, token: str) -> None:
        payment = self._begin_payment(order_id, token)
        if payment is None:
            return
        if payment["status"] == "failed":
            self._pay(order_id, "pm_card_visa")
        elif payment["status"] == "requires_action":
            self._act(payment, token)
        elif payment["status"] == "pending" and self.chance.random() < 0.3:
            self._go_on(payment, "confirm")

    def _act(self, payment: dict[str, Any], token: str) -> None:
        """Pay in the form or authenticate at the bank, walk away, or give up and pay anew."""
        dice = self.chance.random()
        if dice < 0.1:
            return
        if dice < 0.25 or not payment.get("client_secret"):
            if self._go_on(payment, "cancel") == "cancelled":
                self._pay(payment["order_id"], "pm_card_visa")
            return
        self._finish(payment["client_secret"], token)
        if self.chance.random() < 0.5:
            self._go_on(payment, "confirm")

    def _finish(self, client_secret: str, token: str) -> None:
        """Be at Stripe until the payment succeeded, or patience is over."""
        needs_card = token == _FORM
        for _ in range(_TRIES):
            status = self._pay_there(client_secret) if needs_card else "requires_action"
            if status == "requires_action":
                status = self._authenticate(client_secret)
            if status not in {"requires_payment_method", "lost"}:
                return
            needs_card = True

    def _pay_there(self, client_secret: str) -> str:
        """Confirm in the form; return what became of the intent, or ``lost``."""
        try:
            status, found = self.fake.pay(client_secret, self.chance.choice(_CARDS))
        except (OSError, HTTPException, ValueError):
            status, found = 0, {}
        self.ledger.count(f"Stripe's form {status}")
        if status == 0 or status in {409, 429} or status >= 500:
            time.sleep(0.1)
            return "lost"
        intent = found if status == 200 else found["error"].get("payment_intent", {})
        return str(intent.get("status", "over"))

    def _authenticate(self, client_secret: str) -> str:
        """Say yes at the bank, mostly; return what became of the intent."""
        intent = client_secret.partition("_secret")[0]
        return self.fake.try_to_authenticate(intent, succeed=self.chance.random() < 0.8)
