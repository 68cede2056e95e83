"""Payment intents of the fake Stripe, called with the official SDK."""

import pytest
import stripe

from payments.tests.fake_stripe.fixtures import sdk
from shop.testing.marks import on_one_database

pytestmark = on_one_database

CARD = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
DAY = 24 * 3600


def create(api, amount=900, currency="usd", **more):
    return api.payment_intents.create({"amount": amount, "currency": currency, **CARD, **more})


def buy(api, card="pm_card_visa", **more):
    return create(api, confirm=True, payment_method=card, **more)


def refused(call, *args, **kwargs):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args, **kwargs)
    assert caught.value.http_status in {400, 404}
    return caught.value


def declined(call, *args, **kwargs):
    with pytest.raises(stripe.CardError) as caught:
        call(*args, **kwargs)
    assert caught.value.http_status == 402
    return caught.value.error


def test_a_card_is_charged(stripe_api, fake_stripe):
    intent = buy(stripe_api, metadata={"order_id": "7"})
    assert (intent.status, intent.amount_received) == ("succeeded", 900)
    assert intent.metadata.order_id == "7"
    assert [(each["captured"], each["net"]) for each in fake_stripe.ledger()] == [(900, 900)]
    kinds = [each["type"] for each in fake_stripe.events()]
    assert kinds == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.mark.parametrize("key", ["sk_test_other", "pk_test_shop", "sk_live_shop"])
def test_a_wrong_api_key_is_a_401(fake_stripe, key):
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        create(sdk(fake_stripe, key=key))
    assert fake_stripe.state()["intents"] == []


def test_a_declined_card_is_a_402_that_names_the_intent(stripe_api, fake_stripe):
    error = declined(buy, stripe_api, "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    intent = stripe_api.payment_intents.retrieve(error.payment_intent.id)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    assert fake_stripe.ledger() == []
    assert fake_stripe.events()[-1]["type"] == "payment_intent.payment_failed"


def test_an_intent_passes_through_its_states(stripe_api):
    intents = stripe_api.payment_intents
    intent = create(stripe_api)
    assert intent.status == "requires_payment_method"
    unexpected = refused(intents.confirm, intent.id)
    assert unexpected.code == "payment_intent_unexpected_state"
    intent = intents.update(intent.id, {"payment_method": "pm_card_visa", "amount": 1000})
    assert intent.status == "requires_confirmation"
    intent = intents.confirm(intent.id)
    assert (intent.status, intent.amount_received) == ("succeeded", 1000)


def test_a_decline_leaves_the_intent_payable_by_another_card(stripe_api):
    intent = create(stripe_api, payment_method="pm_card_visa_chargeDeclined")
    declined(stripe_api.payment_intents.confirm, intent.id)
    intent = stripe_api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "succeeded"


@pytest.mark.parametrize("step", ["confirm", "cancel", "capture"])
@pytest.mark.parametrize("end", ["succeeded", "canceled"])
def test_an_ended_intent_cannot_change(stripe_api, fake_stripe, step, end):
    intent = buy(stripe_api) if end == "succeeded" else create(stripe_api)
    if end == "canceled":
        stripe_api.payment_intents.cancel(intent.id)
    events = len(fake_stripe.events())
    unexpected = refused(getattr(stripe_api.payment_intents, step), intent.id)
    assert unexpected.code == "payment_intent_unexpected_state"
    assert unexpected.error.payment_intent.status == end
    changed = {"amount": 950}
    assert refused(stripe_api.payment_intents.update, intent.id, changed).http_status == 400
    assert stripe_api.payment_intents.retrieve(intent.id).status == end
    assert len(fake_stripe.events()) == events


def test_the_customer_pays_and_authenticates(stripe_api, fake_stripe):
    intent = create(stripe_api)
    status, body = fake_stripe.pay(intent.client_secret, "pm_card_authenticationRequired")
    assert (status, body["status"]) == (200, "requires_action")
    assert fake_stripe.ledger() == []
    fake_stripe.authenticate(intent.id)
    assert stripe_api.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_customer_who_fails_at_the_bank_may_try_another_card(stripe_api, fake_stripe):
    intent = buy(stripe_api, "pm_card_authenticationRequired")
    assert intent.next_action.type == "use_stripe_sdk"
    fake_stripe.authenticate(intent.id, succeed=False)
    intent = stripe_api.payment_intents.retrieve(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_card_may_be_declined_after_authentication(stripe_api, fake_stripe):
    card = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    intent = buy(stripe_api, card)
    assert fake_stripe.authenticate(intent.id)["status"] == "requires_payment_method"
    assert fake_stripe.ledger() == []


@pytest.mark.parametrize("how", ["off_session", "error_on_requires_action"])
def test_a_payment_that_cannot_require_an_action_is_declined(stripe_api, how):
    error = declined(buy, stripe_api, "pm_card_authenticationRequired", **{how: True})
    assert error.code == "authentication_required"


def test_a_client_secret_is_valid_for_its_own_intent_only(stripe_api, fake_stripe):
    one, other = create(stripe_api), create(stripe_api)
    _, _, secret = one.client_secret.partition("_secret")
    status, body = fake_stripe.pay(f"{other.id}_secret{secret}")
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert fake_stripe.ledger() == []


def test_a_bank_debit_is_processing_for_days(stripe_api, fake_stripe):
    intent = buy(stripe_api, "pm_usBankAccount_success")
    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert refused(stripe_api.payment_intents.cancel, intent.id).http_status == 400
    assert fake_stripe.process(intent.id)["status"] == "succeeded"
    failing = buy(stripe_api, "pm_usBankAccount_success")
    assert fake_stripe.process(failing.id, succeed=False)["status"] == "requires_payment_method"
    assert [each["net"] for each in fake_stripe.ledger()] == [900]


def test_an_authorisation_is_captured_once_and_the_rest_is_released(stripe_api, fake_stripe):
    intents = stripe_api.payment_intents
    intent = buy(stripe_api, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 900)
    assert [each["net"] for each in fake_stripe.ledger()] == [0]
    too_much = refused(intents.capture, intent.id, {"amount_to_capture": 901})
    assert too_much.param == "amount_to_capture"
    unpaid = refused(stripe_api.refunds.create, {"payment_intent": intent.id})
    assert "does not have a successful charge" in str(unpaid)
    intent = intents.capture(intent.id, {"amount_to_capture": 600})
    assert (intent.status, intent.amount_received, intent.amount_capturable) == (
        "succeeded",
        600,
        0,
    )
    refused(intents.capture, intent.id)
    assert [each["net"] for each in fake_stripe.ledger()] == [600]
    refused(stripe_api.refunds.create, {"payment_intent": intent.id, "amount": 601})


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_an_authorisation_can_be_cancelled_and_expires(stripe_api, fake_stripe, how):
    intent = buy(stripe_api, capture_method="manual")
    if how == "cancelled":
        stripe_api.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    else:
        fake_stripe.advance_clock(7 * DAY - 5)
        assert stripe_api.payment_intents.retrieve(intent.id).status == "requires_capture"
        fake_stripe.advance_clock(10)
    intent = stripe_api.payment_intents.retrieve(intent.id)
    assert (intent.status, intent.amount_capturable) == ("canceled", 0)
    assert intent.cancellation_reason == {"cancelled": "abandoned", "expired": "automatic"}[how]
    assert [each["net"] for each in fake_stripe.ledger()] == [0]


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (0, "xof", "amount_too_small"),
        (-900, "usd", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
        ("9.00", "usd", "parameter_invalid_integer"),
        ("", "usd", "parameter_invalid_empty"),
        (900, "xxx", None),
        (901, "kwd", None),
        (950, "isk", None),
    ],
)
def test_amounts_that_stripe_does_not_charge_are_refused(
    stripe_api, fake_stripe, amount, currency, code
):
    assert refused(create, stripe_api, amount, currency).code == code
    assert fake_stripe.state()["intents"] == []


@pytest.mark.parametrize(
    ("amount", "currency"), [(50, "usd"), (50, "jpy"), (900, "isk"), (910, "kwd"), (900, "EUR")]
)
def test_amounts_that_stripe_charges_are_accepted(stripe_api, amount, currency):
    intent = create(stripe_api, amount, currency)
    assert (intent.amount, intent.currency) == (amount, currency.lower())


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"colour": "blue"}, "parameter_unknown"),
        ({"confirm": True}, "parameter_missing"),
        ({"off_session": True}, None),
        ({"payment_method": "pm_card_unknown"}, "resource_missing"),
        ({"payment_method": "4242424242424242"}, "resource_missing"),
        ({"capture_method": "later"}, None),
        ({"payment_method_types": ["card"]}, None),
        ({"metadata": {"x": "y" * 501}}, None),
        ({"metadata": {"x" * 41: "y"}}, None),
        ({"metadata": {f"key{number}": "y" for number in range(51)}}, None),
    ],
)
def test_invalid_parameters_are_refused(stripe_api, fake_stripe, parameters, code):
    assert refused(create, stripe_api, **parameters).code == code
    assert fake_stripe.state()["intents"] == []


def test_amount_and_currency_are_required(stripe_api):
    for parameters in ({"amount": 900}, {"currency": "usd"}):
        error = refused(stripe_api.payment_intents.create, parameters)
        assert error.code == "parameter_missing"


def test_methods_that_redirect_need_a_return_url(stripe_api):
    card = {"confirm": True, "payment_method": "pm_card_visa"}
    error = refused(create, stripe_api, automatic_payment_methods={"enabled": True}, **card)
    assert error.param == "return_url"
    shop = {"return_url": "https://shop.example.com/paid"}
    methods = {"enabled": True}
    assert create(stripe_api, automatic_payment_methods=methods, **card, **shop).status == (
        "succeeded"
    )


def test_the_redirect_has_the_return_url(stripe_api):
    shop = "https://shop.example.com/paid"
    intent = buy(stripe_api, "pm_card_authenticationRequired", return_url=shop)
    assert intent.next_action.redirect_to_url.return_url == shop


def test_a_payment_method_cannot_be_used_twice(stripe_api):
    card = buy(stripe_api).payment_method
    error = refused(buy, stripe_api, card)
    assert error.code == "payment_method_unexpected_state"


def test_unknown_ids_and_paths_are_a_404(stripe_api, fake_stripe):
    error = refused(stripe_api.payment_intents.retrieve, "pi_unknown")
    assert (error.http_status, error.code) == (404, "resource_missing")
    assert refused(stripe_api.refunds.retrieve, "re_unknown").http_status == 404
    assert refused(stripe_api.customers.retrieve, "cus_1").http_status == 404


def test_lists_are_paginated_newest_first(stripe_api):
    ids = [create(stripe_api).id for _ in range(5)]
    ids.reverse()
    intents = stripe_api.payment_intents
    first = intents.list({"limit": 2})
    assert ([each.id for each in first.data], first.has_more) == (ids[:2], True)
    after = intents.list({"limit": 3, "starting_after": ids[1]})
    assert ([each.id for each in after.data], after.has_more) == (ids[2:], False)
    before = intents.list({"limit": 2, "ending_before": ids[3]})
    assert ([each.id for each in before.data], before.has_more) == (ids[1:3], True)
    assert [each.id for each in intents.list({"limit": 2}).auto_paging_iter()] == ids


def test_lists_can_be_filtered_by_time(stripe_api, fake_stripe):
    old = create(stripe_api)
    fake_stripe.advance_clock(100)
    new = create(stripe_api)
    for bounds, expected in [
        ({"gte": old.created}, [new.id, old.id]),
        ({"gt": old.created}, [new.id]),
        ({"lt": new.created}, [old.id]),
        ({"gte": old.created, "lte": new.created - 1}, [old.id]),
    ]:
        found = stripe_api.payment_intents.list({"created": bounds})
        assert [each.id for each in found.data] == expected


@pytest.mark.parametrize(
    "parameters",
    [{"limit": 0}, {"limit": 101}, {"starting_after": "pi_unknown"}, {"order": "asc"}],
)
def test_invalid_pages_are_refused(stripe_api, parameters):
    assert refused(stripe_api.payment_intents.list, parameters).http_status == 400


def test_charges_and_events_are_listed_and_ids_expanded(stripe_api):
    intent = buy(stripe_api)
    charges = stripe_api.charges.list({"payment_intent": intent.id}).data
    assert [each.id for each in charges] == [intent.latest_charge]
    found = stripe_api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert found.latest_charge.amount_captured == 900
    events = stripe_api.events.list({"type": "payment_intent.succeeded"}).data
    assert [each.data.object.id for each in events] == [intent.id]
    assert stripe_api.events.retrieve(events[0].id).data.object.status == "succeeded"


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [
        ({"colour": "red"}, "colour"),
        ({"shipping": {"name": "Ada", "address": {"zip": "10115"}}}, "shipping[address][zip]"),
        ({"shipping": {"address": {"line1": "Main St 1"}}}, "shipping[name] is missing"),
        ({"setup_future_usage": "sometimes"}, "setup_future_usage"),
        ({"amount_details": {"tax": {"total_tax_amount": "much"}}}, "amount_details[tax]"),
        ({"idempotency_key": "k"}, "idempotency_key"),
    ],
)
def test_parameters_that_the_sdk_does_not_declare_are_refused(
    stripe_api, fake_stripe, parameters, wrong
):
    """The fixture ``stripe_shop`` fails each test in which the shop sends such a request."""
    error = refused(create, stripe_api, **parameters)
    assert error.code == "parameter_unknown"
    [(method, path, found)] = fake_stripe.state()["wrong_parameters"]
    assert (method, path) == ("POST", "/v1/payment_intents")
    assert found[0].startswith(wrong)
