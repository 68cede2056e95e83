"""The fake as a fixture: one process a session, empty at the start of each test."""

from collections.abc import Iterator

import pytest

from payments.tests.fake_stripe.client import FakeStripe, running_fake_stripe


@pytest.fixture(scope="session")
def _fake_stripe() -> Iterator[FakeStripe]:
    with running_fake_stripe() as fake:
        yield fake


@pytest.fixture
def fake_stripe(_fake_stripe: FakeStripe) -> FakeStripe:
    """A fake Stripe that nobody has paid with yet."""
    _fake_stripe.reset()
    return _fake_stripe
