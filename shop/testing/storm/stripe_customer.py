"""A customer who pays with Stripe: with a token, or in the form of Stripe."""

import time
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any

from payments.tests.fake_stripe.client import FakeStripe
from shop.testing.storm.customer import Customer
from shop.testing.storm.observations import Observations

_FORM = ""
_CARDS = ("pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_authenticationRequired")
_ATTEMPTS = 8


class StripeCustomer(Customer):
    """Pays with a token or in the form, authenticates, abandons or cancels payments."""

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
        self,
        urls: Sequence[str],
        number: int,
        products: list[int],
        observed: Observations,
        fake: FakeStripe,
    ) -> None:
        super().__init__(urls, number, products, observed)
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
            self._change_payment(payment, "confirm")

    def _act(self, payment: dict[str, Any], token: str) -> None:
        """Complete the payment, abandon it, or cancel it and pay again."""
        number = self.chance.random()
        if number < 0.1:
            return
        if number < 0.25 or not payment.get("client_secret"):
            if self._change_payment(payment, "cancel") == "cancelled":
                self._pay(payment["order_id"], "pm_card_visa")
            return
        self._complete(payment["client_secret"], token)
        if self.chance.random() < 0.5:
            self._change_payment(payment, "confirm")

    def _complete(self, client_secret: str, token: str) -> None:
        """Use the form and authenticate until the payment succeeds, for some attempts at most."""
        needs_card = token == _FORM
        for _ in range(_ATTEMPTS):
            status = self._submit_form(client_secret) if needs_card else "requires_action"
            if status == "requires_action":
                status = self._authenticate(client_secret)
            if status not in {"requires_payment_method", "lost"}:
                return
            needs_card = True

    def _submit_form(self, client_secret: str) -> str:
        """Confirm in the form; return the status of the intent, or ``lost`` without a response."""
        try:
            status, body = self.fake.pay(client_secret, self.chance.choice(_CARDS))
        except (OSError, HTTPException, ValueError):
            status, body = 0, {}
        self.observed.count(f"Stripe's form {status}")
        if status == 0 or status in {409, 429} or status >= 500:
            time.sleep(0.1)
            return "lost"
        intent = body if status == 200 else body["error"].get("payment_intent", {})
        return str(intent.get("status", "over"))

    def _authenticate(self, client_secret: str) -> str:
        """Authenticate, mostly with success; return the status of the intent."""
        intent = client_secret.partition("_secret")[0]
        return self.fake.try_to_authenticate(intent, succeed=self.chance.random() < 0.8)
