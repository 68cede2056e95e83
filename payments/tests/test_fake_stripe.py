"""The fake Stripe keeps Stripe's rules, as the official SDK sees them."""

import pytest
import stripe

CARD = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}


def client_of(fake, *, key=None, retries=0):
    return stripe.StripeClient(
        key or fake.key, base_addresses={"api": fake.url}, max_network_retries=retries
    ).v1


@pytest.fixture
def api(fake_stripe):
    return client_of(fake_stripe)


def create(api, amount=900, currency="usd", key=None, **more):
    parameters = {"amount": amount, "currency": currency, **CARD, **more}
    return api.payment_intents.create(parameters, {"idempotency_key": key} if key else {})


def buy(api, card="pm_card_visa", **more):
    return create(api, confirm=True, payment_method=card, **more)


def test_a_card_pays(api, fake_stripe):
    intent = buy(api, metadata={"order_id": "7"})
    assert (intent.status, intent.amount_received) == ("succeeded", 900)
    assert intent.metadata.order_id == "7"
    assert [(each["captured"], each["net"]) for each in fake_stripe.ledger()] == [(900, 900)]
    kinds = [each["type"] for each in fake_stripe.events()]
    assert kinds == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_a_declined_card_is_a_402_that_names_the_intent(api, fake_stripe):
    with pytest.raises(stripe.CardError) as caught:
        buy(api, "pm_card_visa_chargeDeclinedInsufficientFunds")
    error = caught.value.error
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    intent = api.payment_intents.retrieve(error.payment_intent.id)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert fake_stripe.ledger() == []


def test_the_customer_pays_and_authenticates(api, fake_stripe):
    intent = create(api)
    assert intent.status == "requires_payment_method"
    status, shown = fake_stripe.pay(intent.client_secret, "pm_card_authenticationRequired")
    assert (status, shown["status"]) == (200, "requires_action")
    fake_stripe.authenticate(intent.id)
    assert api.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_key_replays_its_first_answer_and_no_other_request(api, fake_stripe):
    first, second = buy(api, key="a"), buy(api, key="a")
    assert (first.id, second.last_response.headers["Idempotent-Replayed"]) == (second.id, "true")
    with pytest.raises(stripe.IdempotencyError):
        buy(api, key="a", amount=901)
    assert len(fake_stripe.ledger()) == 1


def test_refunds_end_at_what_was_captured(api):
    intent = buy(api)
    api.refunds.create({"payment_intent": intent.id, "amount": 400})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        api.refunds.create({"payment_intent": intent.id, "amount": 501})
    api.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"


def test_a_dropped_answer_has_charged_and_a_retry_finds_it(fake_stripe):
    fake_stripe.fail("drop_after", "/v1/payment_intents")
    intent = buy(client_of(fake_stripe, retries=1), key="once")
    assert intent.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(fake_stripe.ledger()) == 1
