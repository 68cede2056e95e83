"""A bank, which completes pending payments and refunds after some time."""

import random
from threading import Event

from payments.tests.fake_stripe.client import FakeStripe
from shop.testing.storm.observations import Observations


class Bank:
    """Completes pending payments and refunds of the fake Stripe, some of them as failed."""

    def __init__(
        self, fake: FakeStripe, observed: Observations, seed: int, *, success_rate: float = 0.8
    ) -> None:
        """``success_rate`` is the share of payments and refunds that succeed."""
        self.fake = fake
        self.observed = observed
        self.chance = random.Random(seed)
        self.success_rate = success_rate

    def run(self, stop: Event) -> None:
        """Complete payments and refunds until ``stop`` is set."""
        try:
            while not stop.wait(0.5):
                self.complete_all()
        except Exception as error:  # noqa: BLE001 - any exception is reported
            self.observed.add_violation(f"bank: {type(error).__name__}: {error}")

    def complete_all(self) -> None:
        """Complete all pending payments and refunds, each as succeeded or as failed."""
        intents, refunds = self.fake.unfinished()
        for intent in intents:
            self.fake.process(intent, succeed=self._succeeds())
        for refund in refunds:
            self.fake.finish_refund(refund, succeed=self._succeeds())

    def _succeeds(self) -> bool:
        return self.chance.random() < self.success_rate
