"""Requests that contain a card number are refused."""

import logging

import pytest

from orders.factories import place_order
from payments.models import Payment
from shop.core.models import IdempotencyKey

PAY = "/api/payments/"
NUMBER = "4242424242424242"


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea)


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"payment_token": NUMBER}, "payment_token"),
        ({"card_number": "4242 4242 4242 4242"}, "card_number"),
        ({"card": {"number": "4242-4242-4242-4242"}}, "card.number"),
        ({"cards": [{"n": int(NUMBER)}]}, "cards.n"),
        ({"note": f"please charge {NUMBER}, thanks"}, "note"),
        ({NUMBER: "x"}, "body"),
        ({"pan": "4222222222222"}, "pan"),
        ({"pan": "6304000000000000000"}, "pan"),
        ({"pan": "378282246310005"}, "pan"),
    ],
)
def test_a_card_number_is_refused_in_any_key_or_value(ada, order, caplog, extra, field):
    caplog.set_level(logging.DEBUG)
    body = {"order_id": order.pk, "payment_method": "card", **extra}
    answer = ada.post(PAY, body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 400
    fault = answer.json()["errors"][0]
    assert (fault["field"], fault["code"]) == (field, "card_number_refused")
    for digits in (NUMBER, "4242 4242", "4242-4242", "4222222222222", "6304000", "3782822"):
        assert digits not in answer.content.decode()
        assert digits not in caplog.text
    assert not Payment.objects.exists()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize(
    "token", ["4242424242424241", "424242424242", "42424242424242424242", "pm_1NxQ2eLkdIwHu7ix"]
)
def test_other_numbers_are_accepted(ada, order, token):
    body = {"order_id": order.pk, "payment_method": "card", "payment_token": token}
    assert ada.post(PAY, body).status_code == 201


@pytest.mark.parametrize("step", ["refunds", "capture", "void", "record", "confirm", "cancel"])
def test_every_action_of_a_payment_refuses_card_numbers(ada, amy, order, step):
    path = ada.post(PAY, {"order_id": order.pk, "payment_method": "card"})["Location"]
    answer = amy.post(f"{path}{step}/", {"reason": f"card {NUMBER}"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "card_number_refused")


def test_a_card_number_is_found_after_another_long_number(ada, order):
    text = f"order 1234567890123, card {NUMBER}"
    body = {"order_id": order.pk, "payment_method": "card", "note": text}
    answer = ada.post(PAY, body)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["field"]) == (400, "note")
    assert error["code"] == "card_number_refused"
    assert not Payment.objects.exists()
    del body["note"]
    body["payment_token"] = "order 1234567890123"
    assert ada.post(PAY, body).status_code == 201
