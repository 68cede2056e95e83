"""What a buyer has to do about a payment, in one shape for every gateway."""

from datetime import timedelta

import pytest
from django.utils.dateparse import parse_datetime

from orders.factories import place_order
from orders.serializers import NO_ACTION
from payments import jobs
from payments.gateways.stripe.actions import action_of
from payments.models import LedgerEntry, Payment
from payments.tests.test_webhooks import post_event
from shop.testing.assertions import assert_audit_passes

PAY = "/api/payments/"
RETURN_URL = "https://tea.example/thanks"
CHALLENGE = "pm_card_threeDSecure2Required"


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def pay(caller, order, method="stripe", **members):
    answer = caller.post(PAY, {"order_id": order.pk, "payment_method": method, **members})
    assert answer.status_code == 201, answer.json()
    return answer.json()


@pytest.mark.django_db
def test_each_method_tells_what_comes_next(ada, order):
    paid = pay(ada, place_order(ada.user, order.items.get().product), "card")
    assert paid["next_action"] == NO_ACTION
    waiting = pay(ada, order, "card", payment_token="demo_late", amount="1.00")
    assert waiting["next_action"] == {**NO_ACTION, "type": "wait", "poll_after": 5}
    acting = pay(ada, order, "card", payment_token="demo_action", amount="1.00")
    assert acting["next_action"] == {**NO_ACTION, "type": "client"}
    carrier = pay(ada, order, "cash_on_delivery", amount="1.00")
    assert carrier["next_action"] == NO_ACTION
    transfer = pay(ada, order, "bank_transfer", amount="2.50")
    data = {"reference": transfer["reference"], "amount": "2.50", "currency": "USD"}
    ends_at = parse_datetime(transfer["created_at"]) + timedelta(days=7)
    assert transfer["next_action"] == {
        **NO_ACTION,
        "type": "display",
        "data": data,
        "expires_at": ends_at.isoformat().replace("+00:00", "Z"),
    }
    declined = pay(ada, order, "card", payment_token="demo_decline", amount="1.00")
    assert declined["next_action"] == NO_ACTION
    shown = ada.get(f"/api/orders/{order.pk}/").json()
    first = {**waiting["next_action"], "payment_id": waiting["payment_id"]}
    assert shown["next_action"] == first


def test_a_redirect_goes_to_the_bank_and_back(ada, amy, order, stripe_shop, fake_stripe):
    """What the URL says on return has no meaning: the shop asks Stripe."""
    begun = pay(ada, order, payment_token=CHALLENGE, return_url=RETURN_URL)
    intent = Payment.objects.get().provider_reference
    assert begun["next_action"] == {
        **NO_ACTION,
        "type": "redirect",
        "url": f"https://hooks.stripe.com/3d_secure_2/{intent}",
        "method": "GET",
        "return_url": RETURN_URL,
    }
    path = f"{PAY}{begun['payment_id']}/"
    assert ada.get(path).json()["next_action"] == begun["next_action"]
    known = {**NO_ACTION, "type": "redirect", "return_url": RETURN_URL}
    assert amy.get(path).json()["next_action"] == known
    shown = ada.get(f"/api/orders/{order.pk}/").json()["next_action"]
    assert shown == {**known, "payment_id": begun["payment_id"]}
    rows = [str(row) for model in (Payment, LedgerEntry) for row in model.objects.values()]
    assert not any("hooks.stripe.com" in row for row in rows)
    assert ada.post(f"{path}confirm/").json()["status"] == "requires_action"
    fake_stripe.authenticate(intent)
    assert ada.post(f"{path}confirm/").json()["status"] == "succeeded"
    assert_audit_passes()


def test_redirects_can_be_switched_off(ada, order, stripe_shop, fake_stripe, settings):
    settings.STRIPE_REDIRECT_METHODS = False
    pay(ada, order, return_url=RETURN_URL)
    created = fake_stripe.requests()[0]["form"]
    assert created["automatic_payment_methods"]["allow_redirects"] == "never"


@pytest.mark.parametrize("way", ["confirm", "read", "webhook", "job"])
def test_a_failed_authentication_ends_the_payment(ada, order, stripe_shop, fake_stripe, way):
    begun = pay(ada, order, payment_token=CHALLENGE)
    path = f"{PAY}{begun['payment_id']}/"
    intent = Payment.objects.get().provider_reference
    fake_stripe.authenticate(intent, succeed=False)
    if way == "confirm":
        ada.post(f"{path}confirm/")
    elif way == "webhook":
        post_event(fake_stripe.events("payment_intent.payment_failed")[-1])
    elif way == "job":
        assert jobs.settle_payments() == 1
    assert (Payment.objects.get().status == "failed") is (way != "read")
    failed = ada.get(path).json()
    assert (failed["status"], failed["failure_code"]) == ("failed", "authentication_failed")
    assert failed["failure_detail"].startswith("Your bank could not confirm that it is you.")
    assert failed["next_action"] == NO_ACTION
    assert fake_stripe.state()["intents"][0]["status"] == "canceled"
    assert pay(ada, order, payment_token="pm_card_visa")["status"] == "succeeded"
    assert_audit_passes()


def test_a_decline_in_the_providers_form_can_be_tried_again(ada, order, stripe_shop, fake_stripe):
    """Until the client asks the shop, when the payment ends and another one can begin."""
    begun = pay(ada, order)
    path = f"{PAY}{begun['payment_id']}/"
    fake_stripe.pay(begun["client_secret"], "pm_card_visa_chargeDeclinedInsufficientFunds")
    again = ada.get(path).json()
    assert (again["status"], again["client_secret"]) == ("requires_action", begun["client_secret"])
    ended = ada.post(f"{path}confirm/").json()
    assert (ended["status"], ended["failure_code"]) == ("failed", "insufficient_funds")
    second = pay(ada, order)
    fake_stripe.pay(second["client_secret"])
    assert ada.get(f"{PAY}{second['payment_id']}/").json()["status"] == "succeeded"
    assert_audit_passes()


class Details(dict):
    """An object of Stripe's SDK: a dict whose values are attributes, too."""

    __getattr__ = dict.get


def test_a_voucher_is_displayed(settings):
    voucher = {"hosted_voucher_url": "https://payments.stripe.com/v/1", "number": "123"}
    details = Details(voucher, expires_at=1_800_000_000)
    found = {"type": "multibanco_display_details", "multibanco_display_details": details}
    action = action_of(Details(next_action=Details(found), client_secret="pi_1_secret_2"))
    assert (action.type, action.url) == ("display", "https://payments.stripe.com/v/1")
    assert action.data == {**voucher, "expires_at": "1800000000"}
    assert action.expires_at.isoformat() == "2027-01-15T08:00:00+00:00"
