"""Idempotency keys and faults of the fake Stripe."""

from contextlib import suppress
from functools import partial

import pytest
import stripe

from payments.tests.fake_stripe.client import INTENTS
from payments.tests.fake_stripe.fixtures import sdk
from payments.tests.test_fake_stripe import CARD, DAY, declined
from shop.testing.races import times

ORDER = {"amount": 900, "currency": "usd", "confirm": True, **CARD}


def pay(api, key="key", card="pm_card_visa", **more):
    parameters = {**ORDER, "payment_method": card, **more}
    return api.payment_intents.create(parameters, {"idempotency_key": key})


def is_replayed(intent):
    return intent.last_response.headers.get("Idempotent-Replayed") == "true"


def test_a_key_replays_its_first_response(stripe_api, fake_stripe):
    first, second = pay(stripe_api), pay(stripe_api)
    assert (second.id, is_replayed(first), is_replayed(second)) == (first.id, False, True)
    original = second.last_response.headers["Original-Request"]
    assert original == first.last_response.headers["Request-Id"]
    assert len(fake_stripe.ledger()) == 1


def test_a_replayed_response_has_the_state_at_the_time_of_the_first_request(stripe_api):
    intent = pay(stripe_api, capture_method="manual")
    stripe_api.payment_intents.capture(intent.id)
    assert pay(stripe_api, capture_method="manual").status == "requires_capture"


def test_a_key_replays_a_decline(stripe_api, fake_stripe):
    card = "pm_card_visa_chargeDeclined"
    first, second = (declined(pay, stripe_api, card=card) for _ in range(2))
    assert first.payment_intent.id == second.payment_intent.id
    assert len(fake_stripe.state()["charges"]) == 1


def test_a_key_is_refused_for_other_parameters_or_another_endpoint(stripe_api, fake_stripe):
    intent = pay(stripe_api)
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        pay(stripe_api, amount=901)
    assert (caught.value.http_status, caught.value.error.type) == (400, "idempotency_error")
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        key = {"idempotency_key": "key"}
        stripe_api.refunds.create({"payment_intent": intent.id}, key)
    assert [each["net"] for each in fake_stripe.ledger()] == [900]


def test_a_key_expires_after_a_day(stripe_api, fake_stripe):
    first = pay(stripe_api)
    fake_stripe.advance_clock(DAY - 5)
    assert pay(stripe_api).id == first.id
    fake_stripe.advance_clock(10)
    assert pay(stripe_api).id != first.id
    assert len(fake_stripe.ledger()) == 2


def test_a_response_is_not_stored_if_the_endpoint_had_not_begun(stripe_api, fake_stripe):
    with pytest.raises(stripe.InvalidRequestError):
        pay(stripe_api, amount=10)
    for kind in ("error", "unavailable", "rate_limit", "lock_timeout", "drop"):
        fake_stripe.fail(kind)
        with pytest.raises(stripe.StripeError):
            pay(stripe_api)
    assert not is_replayed(pay(stripe_api))
    assert len(fake_stripe.ledger()) == 1


def test_a_key_has_at_most_255_characters(stripe_api):
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        pay(stripe_api, key="k" * 256)
    assert pay(stripe_api, key="k" * 255).status == "succeeded"


@pytest.mark.django_db  # threads that run at once set the time-outs of their connections
def test_a_key_in_use_is_a_409(fake_stripe):
    fake_stripe.fail("slow", INTENTS, seconds=0.5)
    results = times(3, partial(_outcome, fake_stripe))
    assert sorted(results) == [200, 409, 409]
    assert len(fake_stripe.ledger()) == 1


@pytest.mark.django_db  # threads that run at once set the time-outs of their connections
def test_the_sdk_retries_while_a_key_is_in_use(fake_stripe):
    fake_stripe.fail("slow", INTENTS, seconds=0.5)
    assert times(3, partial(_outcome, fake_stripe, retries=3)) == [200] * 3
    assert len(fake_stripe.ledger()) == 1


def _outcome(fake, retries=0):
    try:
        return pay(sdk(fake, retries=retries)).last_response.code
    except stripe.StripeError as error:
        return error.http_status


@pytest.mark.parametrize("kind", ["drop_after", "hang_after", "garbage_after"])
def test_a_payment_whose_response_was_lost_is_found_by_its_key(stripe_api, fake_stripe, kind):
    fake_stripe.fail(kind, seconds=0.1)
    with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
        pay(stripe_api)
    assert [each["net"] for each in fake_stripe.ledger()] == [900]
    assert is_replayed(pay(stripe_api))
    assert len(fake_stripe.ledger()) == 1


@pytest.mark.parametrize("kind", ["drop", "hang", "garbage", "error"])
def test_a_request_that_failed_before_its_endpoint_creates_no_intent(stripe_api, fake_stripe, kind):
    fake_stripe.fail(kind, seconds=0.1)
    with pytest.raises(stripe.StripeError):
        pay(stripe_api)
    assert fake_stripe.state()["intents"] == []


@pytest.mark.parametrize(("kind", "taken"), [("error_kept", []), ("error_after", [900])])
def test_a_500_of_an_endpoint_that_had_begun_is_stored(fake_stripe, kind, taken):
    fake_stripe.fail(kind)
    api = sdk(fake_stripe, retries=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            pay(api)
        assert caught.value.http_status == 500
    assert [each["net"] for each in fake_stripe.ledger()] == taken
    assert len(fake_stripe.requests()) == 2, "Stripe-Should-Retry: false was ignored"


def test_the_sdk_retries_a_dropped_connection_with_its_key(fake_stripe):
    fake_stripe.fail("drop_after", INTENTS)
    intent = pay(sdk(fake_stripe, retries=1))
    assert is_replayed(intent)
    assert [each["fault"] for each in fake_stripe.requests()] == ["drop_after", None]
    assert {each["key"] for each in fake_stripe.requests()} == {"key"}


def test_random_faults_are_reproducible_by_their_seed(stripe_api, fake_stripe):
    def statuses(seed):
        fake_stripe.reset()
        fake_stripe.fail_at_random([{"kind": "error", "rate": 0.5, "times": None}], seed=seed)
        for number in range(20):
            with suppress(stripe.APIError):
                pay(stripe_api, key=str(number))
        return [each["status"] for each in fake_stripe.requests()]

    first = statuses(1)
    assert set(first) == {200, 500}
    assert statuses(1) == first
    assert statuses(2) != first
