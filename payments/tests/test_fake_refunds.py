"""Refunds of the fake Stripe."""

import pytest
import stripe

from payments.tests.test_fake_stripe import buy, create, refused
from shop.testing.marks import on_one_database

pytestmark = on_one_database


def test_refunds_cannot_exceed_the_captured_amount(stripe_api, fake_stripe):
    refunds = stripe_api.refunds
    intent = buy(stripe_api)
    refund = refunds.create({"payment_intent": intent.id, "amount": 400})
    assert (refund.status, refund.amount, refund.charge) == (
        "succeeded",
        400,
        intent.latest_charge,
    )
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        refunds.create({"payment_intent": intent.id, "amount": 501})
    assert refunds.create({"payment_intent": intent.id}).amount == 500
    error = refused(refunds.create, {"payment_intent": intent.id})
    assert error.code == "charge_already_refunded"
    assert [(each["refunded"], each["net"]) for each in fake_stripe.ledger()] == [(900, 0)]
    assert len(fake_stripe.events("charge.refunded")) == 2


@pytest.mark.parametrize("card", ["", "pm_card_authenticationRequired"])
def test_an_intent_without_a_charge_is_not_refunded(stripe_api, card):
    intent = buy(stripe_api, card) if card else create(stripe_api)
    error = refused(stripe_api.refunds.create, {"payment_intent": intent.id})
    assert "does not have a successful charge" in str(error)


@pytest.mark.parametrize(
    "parameters",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": "1.5"},
        {"reason": "because"},
        {"colour": "blue"},
        {"payment_intent": "pi_unknown"},
    ],
)
def test_invalid_refunds_are_refused(stripe_api, fake_stripe, parameters):
    intent = buy(stripe_api)
    refused(stripe_api.refunds.create, {"payment_intent": intent.id, **parameters})
    assert fake_stripe.state()["refunds"] == []


def test_a_refund_needs_a_charge_or_an_intent(stripe_api):
    assert refused(stripe_api.refunds.create, {}).code == "parameter_missing"


def test_refunds_can_be_listed_by_intent(stripe_api):
    one, other = buy(stripe_api), buy(stripe_api)
    mine = stripe_api.refunds.create({"charge": one.latest_charge, "metadata": {"key": "k"}})
    stripe_api.refunds.create({"payment_intent": other.id})
    found = stripe_api.refunds.list({"payment_intent": one.id}).data
    assert [(each.id, each.metadata.key) for each in found] == [(mine.id, "k")]


def test_a_refund_can_be_pending_first(stripe_api, fake_stripe):
    intent = buy(stripe_api, "pm_card_pendingRefund")
    refund = stripe_api.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    refused(stripe_api.refunds.create, {"payment_intent": intent.id})
    fake_stripe.finish_refund(refund.id)
    assert stripe_api.refunds.retrieve(refund.id).status == "succeeded"


def test_the_money_of_a_failed_refund_returns_to_the_account(stripe_api, fake_stripe):
    intent = buy(stripe_api)
    refund = stripe_api.refunds.create({"payment_intent": intent.id})
    fake_stripe.finish_refund(refund.id, succeed=False)
    assert stripe_api.refunds.retrieve(refund.id).status == "failed"
    assert [each["net"] for each in fake_stripe.ledger()] == [900]
    assert fake_stripe.events()[-1]["type"] == "refund.failed"
    assert stripe_api.refunds.create({"payment_intent": intent.id}).amount == 900
