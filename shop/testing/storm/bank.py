"""Banks, which take their time: they end what is processing and what is on its way back."""

import random
from threading import Event

from payments.tests.fake_stripe.client import FakeStripe
from shop.testing.storm.ledger import Ledger


class Banker:
    """Ends slow payments and refunds at the fake, most of them well."""

    def __init__(
        self, fake: FakeStripe, ledger: Ledger, seed: int, *, goodwill: float = 0.8
    ) -> None:
        """Work at this fake; ``goodwill`` is the share of what ends well."""
        self.fake = fake
        self.ledger = ledger
        self.chance = random.Random(seed)
        self.goodwill = goodwill

    def run(self, stop: Event) -> None:
        """Work until told to stop."""
        try:
            while not stop.wait(0.5):
                self.work()
        except Exception as error:  # noqa: BLE001 - whatever it is belongs into the report
            self.ledger.accuse(f"banker: {type(error).__name__}: {error}")

    def work(self) -> None:
        """End everything that is unfinished now."""
        intents, refunds = self.fake.unfinished()
        for intent in intents:
            self.fake.process(intent, succeed=self.chance.random() < self.goodwill)
        for refund in refunds:
            self.fake.finish_refund(refund, succeed=self.chance.random() < self.goodwill)
