"""The filters of GET /api/payments/, and the amount of a recorded payment."""

import pytest

from orders.factories import place_order
from payments.factories import pay
from payments.models import LedgerEntry, Payment

LIST = "/api/payments/"


@pytest.fixture
def payments(ada, bob, tea):
    """Two payments of ada, by card and by bank transfer, and one of bob."""
    card = pay(place_order(ada.user, tea), method="card")
    transfer = pay(place_order(ada.user, tea), method="bank_transfer")
    pay(place_order(bob.user, tea), method="card")
    return card, transfer


def methods(client, query):
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer.content
    return [payment["payment_method"] for payment in answer.json()["payments"]]


def test_payments_are_filtered_and_sorted(ada, payments):
    card, transfer = payments
    assert methods(ada, "") == ["bank_transfer", "card"]
    assert methods(ada, "ordering=created_at") == ["card", "bank_transfer"]
    assert methods(ada, f"order_id={card.order_id}") == ["card"]
    assert methods(ada, "status=pending") == ["bank_transfer"]
    assert methods(ada, "status=pending&status=succeeded") == ["bank_transfer", "card"]
    assert methods(ada, "method=card&status=pending") == []
    assert methods(ada, f"order_id={transfer.order_id}&method=card") == []


def test_a_filter_shows_no_payments_of_other_buyers(bob, payments):
    assert methods(bob, f"order_id={payments[0].order_id}") == []
    assert methods(bob, "method=card") == ["card"]


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("order_id=x", "order_id", "an id"),
        ("order_id=0", "order_id", "an id"),
        ("order_id=9223372036854775808", "order_id", "an id"),
        ("order_id=1&order_id=2", "order_id", "at most once"),
        ("status=done", "status", "one of: pending, requires_action"),
        ("method=cheque", "method", "one of: card"),
        ("ordering=amount", "ordering", "one of: created_at, -created_at."),
        ("orderid=1", "orderid", 'did you mean "order_id"?'),
    ],
)
def test_an_error_says_what_is_allowed(ada, query, field, sentence):
    answer = ada.get(f"{LIST}?{query}")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, field)
    assert sentence in error["detail"]


def test_another_amount_than_that_of_the_payment_is_not_recorded(amy, payments):
    transfer = payments[1]
    for amount in ("10.00", "4.49", "4.51", "0.01"):
        answer = amy.post(f"{LIST}{transfer.pk}/record/", {"amount": amount})
        body = answer.json()
        assert (answer.status_code, body["code"]) == (409, "amount_mismatch")
        assert (body["owed"], body["amount"]) == ("4.50", amount)
        assert Payment.objects.get(pk=transfer.pk).status == "pending"
        assert not LedgerEntry.objects.filter(payment=transfer).exists()


@pytest.mark.parametrize("body", [{"amount": "4.50"}, {"amount": "4.5"}, {}, None])
def test_the_amount_of_the_payment_is_recorded(amy, payments, body):
    answer = amy.post(f"{LIST}{payments[1].pk}/record/", body)
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    (entry,) = LedgerEntry.objects.filter(payment=payments[1])
    assert (entry.amount, entry.actor) == (payments[1].amount, amy.user)


def test_a_malformed_amount_is_a_400(amy, payments):
    for amount in ("0.00", "-1", 4.5, "x"):
        answer = amy.post(f"{LIST}{payments[1].pk}/record/", {"amount": amount})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "amount")
