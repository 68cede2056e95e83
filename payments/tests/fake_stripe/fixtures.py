"""Fixtures with the fake: one process for each session, emptied before each test."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from payments.tests.fake_stripe.client import FakeStripe, running_fake_stripe


@pytest.fixture(scope="session")
def _fake_stripe() -> Iterator[FakeStripe]:
    with running_fake_stripe() as fake:
        yield fake


@pytest.fixture
def fake_stripe(_fake_stripe: FakeStripe) -> FakeStripe:
    """An empty fake Stripe."""
    _fake_stripe.reset()
    return _fake_stripe


@pytest.fixture
def stripe_api(fake_stripe: FakeStripe) -> stripe.V1Services:
    """The official SDK, connected to the fake, without retries."""
    return sdk(fake_stripe)


def sdk(fake: FakeStripe, *, key: str = "", retries: int = 0) -> stripe.V1Services:
    """Return the official SDK's services, connected to the fake."""
    client = stripe.StripeClient(
        key or fake.key, base_addresses={"api": fake.url}, max_network_retries=retries
    )
    return client.v1


@pytest.fixture
def stripe_shop(settings: Any, fake_stripe: FakeStripe) -> Iterator[FakeStripe]:
    """The fake, with settings that enable the method ``stripe`` with it.

    Fails a test in which the shop sends a parameter that Stripe's SDK does not declare.
    """
    settings.STRIPE_SECRET_KEY = fake_stripe.key
    settings.STRIPE_WEBHOOK_SECRETS = [fake_stripe.webhook_secret]
    settings.STRIPE_API_BASE = fake_stripe.url
    settings.PAYMENT_METHODS = [*settings.PAYMENT_METHODS, "stripe"]
    yield fake_stripe
    assert fake_stripe.state()["wrong_parameters"] == []
