"""Limits of declined payments, against the testing of stolen cards."""

import pytest
from django.db.models import F

from accounts.factories import UserFactory
from orders.factories import place_order
from orders.services import cancel_order
from payments.models import Payment
from shop.core.models import RateCounter
from shop.testing.fixtures import Caller
from shop.testing.races import times

PAYMENTS = "/api/payments/"

pytestmark = pytest.mark.django_db


def attempt(caller, order, token="demo_decline", method="card"):
    more = {"payment_token": token} if token else {}
    return caller.post(PAYMENTS, {"order_id": order.pk, "payment_method": method, **more})


def let_pass(seconds):
    """Move the ends of all windows back, as if ``seconds`` had passed."""
    RateCounter.objects.update(ends_at=F("ends_at") - seconds)


def declined(caller, order, count):
    """Let ``count`` payments be declined, whatever the time between them."""
    for _ in range(count):
        while attempt(caller, order).status_code == 429:
            let_pass(60)


def test_an_order_has_to_wait_a_minute_after_four_declined_payments(ada, tea):
    order = place_order(ada.user, tea)
    for _ in range(4):
        response = attempt(ada, order)
        assert (response.status_code, response.json()["status"]) == (201, "failed")
    response = attempt(ada, order)
    body = response.json()
    assert (response.status_code, body["code"]) == (429, "too_many_declines")
    assert 50 < body["retry_after"] <= 60
    assert response["Retry-After"] == str(body["retry_after"])
    assert Payment.objects.count() == 4
    let_pass(60)
    assert attempt(ada, order, token="").json()["status"] == "succeeded"


def test_the_wait_grows_to_an_hour_and_to_a_day(ada, tea):
    order = place_order(ada.user, tea)
    declined(ada, order, 8)
    assert 60 < attempt(ada, order).json()["retry_after"] <= 3600
    let_pass(3600)
    declined(ada, order, 7)
    assert 3600 < attempt(ada, order).json()["retry_after"] <= 86400
    assert Payment.objects.count() == 15


def test_declined_payments_are_counted_across_the_orders_of_a_buyer(ada, bob, tea):
    for order in [place_order(ada.user, tea) for _ in range(5)]:
        assert attempt(ada, order).status_code == 201
    cancel_order(order_id=order.pk, actor=ada.user)
    assert attempt(ada, place_order(ada.user, tea), token="").status_code == 429
    assert attempt(bob, place_order(bob.user, tea), token="").status_code == 201


def test_declined_payments_are_counted_across_the_buyers_of_an_address(bob, tea):
    for _ in range(5):
        caller = Caller(UserFactory())
        order = place_order(caller.user, tea)
        for _ in range(4):
            assert attempt(caller, order).status_code == 201
    assert attempt(bob, place_order(bob.user, tea), token="").status_code == 429


def test_payments_that_succeed_and_other_methods_are_not_limited(ada, tea):
    order = place_order(ada.user, tea)
    for _ in range(4):
        attempt(ada, order)
    assert attempt(ada, order, method="bank_transfer", token="").status_code == 201
    let_pass(60)
    for _ in range(6):
        assert attempt(ada, place_order(ada.user, tea), token="").status_code == 201


def test_a_repeated_request_gets_its_first_response_during_the_wait(ada, tea):
    order = place_order(ada.user, tea)
    body = {"order_id": order.pk, "payment_method": "card", "payment_token": "demo_decline"}
    first = ada.post(PAYMENTS, body, headers={"Idempotency-Key": "first"})
    for _ in range(3):
        attempt(ada, order)
    assert attempt(ada, order).status_code == 429
    again = ada.post(PAYMENTS, body, headers={"Idempotency-Key": "first"})
    assert (again.status_code, again.content) == (201, first.content)


@pytest.mark.django_db(transaction=True)
def test_parallel_attempts_on_one_order_are_slowed_down(ada, tea):
    order = place_order(ada.user, tea)
    for _ in range(4):
        times(8, lambda: attempt(ada, order))
    # An attempt that begins before the one before it is counted may exceed the limit.
    assert 4 <= Payment.objects.filter(status="failed").count() <= 12
    assert attempt(ada, order, token="").status_code == 429
