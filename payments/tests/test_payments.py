"""POST and GET /api/payments/, POST …/confirm/, …/cancel/ and …/record/, GET …/methods/."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from catalog.factories import ProductFactory
from orders.factories import place_order
from orders.serializers import NO_ACTION
from payments.factories import make_older, pay
from payments.gateways.manual import creditor_reference
from payments.models import DemoCharge, LedgerEntry, Payment
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import LOCK, query_budget

PAY = "/api/payments/"
ALL_METHODS = ["card", "cash_on_delivery", "bank_transfer"]


def post(caller, order, method="card", token=None, **kwargs):
    body = {"order_id": order.pk, "payment_method": method}
    return caller.post(PAY, body | ({} if token is None else {"payment_token": token}), **kwargs)


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def test_a_card_pays_an_order(ada, order):
    answer = post(ada, order)
    payment = Payment.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"{PAY}{payment.pk}/")
    assert answer.json() == {
        "payment_id": payment.pk,
        "order_id": order.pk,
        "payment_method": "card",
        "status": "succeeded",
        "amount": "9.00",
        "amount_captured": "9.00",
        "amount_refunded": "0.00",
        "currency": "USD",
        "reference": "",
        "created_at": payment.created_at.isoformat().replace("+00:00", "Z"),
        "failure_code": None,
        "failure_detail": None,
        "next_action": NO_ACTION,
    }
    assert ada.get(answer["Location"]).json() == answer.json()
    shown = ada.get(f"/api/orders/{order.pk}/").json()
    assert (shown["status"], shown["amount_paid"]) == ("paid", "9.00")
    assert [e["note"] for e in shown["events"]] == ["Order placed", "Payment received"]
    order.refresh_from_db()
    assert order.paid_at is not None
    assert_audit_passes()


def test_a_declined_card_leaves_the_order_payable(ada, order):
    declined = post(ada, order, token="demo_decline")
    assert (declined.status_code, declined.json()["status"]) == (201, "failed")
    assert ada.get(f"/api/orders/{order.pk}/").json()["status"] == "pending"
    assert post(ada, order).json()["status"] == "succeeded"
    assert_audit_passes()


def test_a_payment_that_requires_an_action_is_confirmed(ada, order):
    payment = post(ada, order, token="demo_action").json()
    assert payment["status"] == "requires_action"
    confirmed = ada.post(f"{PAY}{payment['payment_id']}/confirm/")
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "succeeded")
    assert ada.get(f"/api/orders/{order.pk}/").json()["status"] == "paid"
    assert_audit_passes()


def test_a_payment_that_requires_an_action_is_cancelled_and_its_order_stays_payable(ada, order):
    payment = post(ada, order, token="demo_action").json()
    cancelled = ada.post(f"{PAY}{payment['payment_id']}/cancel/")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert DemoCharge.objects.get().status == "cancelled"
    assert post(ada, order).json()["status"] == "succeeded"
    assert_audit_passes()


@pytest.mark.parametrize("token", ["demo_timeout", "demo_late"])
def test_confirming_a_pending_payment_fetches_its_outcome(ada, order, token):
    payment = post(ada, order, token=token).json()
    assert payment["status"] == "pending"
    assert ada.get(f"/api/orders/{order.pk}/").json()["status"] == "pending"
    confirmed = ada.post(f"{PAY}{payment['payment_id']}/confirm/")
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "succeeded")
    assert DemoCharge.objects.count() == 1
    assert_audit_passes()


def test_cancelling_a_captured_payment_settles_it_as_succeeded(ada, order):
    payment = post(ada, order, token="demo_timeout").json()
    answer = ada.post(f"{PAY}{payment['payment_id']}/cancel/")
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert ada.get(f"/api/orders/{order.pk}/").json()["status"] == "paid"
    assert_audit_passes()


def test_cash_on_delivery_confirms_the_order_at_once(ada, order):
    assert post(ada, order, "cash_on_delivery").json()["status"] == "pending"
    shown = ada.get(f"/api/orders/{order.pk}/").json()
    assert (shown["status"], shown["amount_paid"]) == ("confirmed", "0.00")
    assert_audit_passes()


def test_a_bank_transfer_stays_pending(ada, order):
    assert post(ada, order, "bank_transfer").json()["status"] == "pending"
    assert ada.get(f"/api/orders/{order.pk}/").json()["status"] == "pending"


@pytest.mark.parametrize("method", ["card", "paypal", "CARD", ""])
def test_a_method_that_is_not_available_is_a_400_with_the_available_ones(
    ada, order, settings, method
):
    settings.DEMO_PAYMENTS = False
    answer = post(ada, order, method)
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == ["payment_method"]
    if method:
        assert answer.json()["payment_methods"] == ALL_METHODS[1:]
        assert answer.json()["code"] == "payment_method_not_configured"
        assert answer.json()["errors"][0]["detail"].endswith(
            "Choose one of: Cash on delivery, Bank transfer."
        )
    assert not Payment.objects.exists()


def test_anyone_can_list_the_methods(anyone, settings):
    shown = anyone.get(f"{PAY}methods/").json()["payment_methods"]
    assert [method["code"] for method in shown] == ALL_METHODS
    assert all(set(method) == {"code", "name"} for method in shown)
    settings.DEMO_PAYMENTS = False
    shown = anyone.get(f"{PAY}methods/").json()["payment_methods"]
    assert [method["code"] for method in shown] == ALL_METHODS[1:]


def test_an_order_has_one_live_payment(ada, order):
    live = post(ada, order, token="demo_action").json()
    answer = post(ada, order)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_in_progress")
    assert answer.json()["payment_id"] == live["payment_id"]
    assert DemoCharge.objects.count() == 1


def test_a_paid_order_cannot_be_paid_again(ada, order):
    post(ada, order)
    again = post(ada, order)
    assert (again.status_code, again.json()["code"]) == (409, "order_not_payable")
    assert again.json()["order_status"] == "paid"
    assert DemoCharge.objects.count() == 1


@pytest.mark.parametrize("method", ALL_METHODS)
def test_no_payment_begins_after_the_payment_window(ada, order, method):
    make_older(order, minutes=31)
    answer = post(ada, order, method)
    assert (answer.status_code, answer.json()["code"]) == (409, "order_expired")
    assert not Payment.objects.exists()


def test_a_payment_begins_within_the_payment_window(ada, order):
    make_older(order, minutes=29)
    assert post(ada, order).status_code == 201


def test_no_payment_is_confirmed_after_the_payment_window(ada, order):
    payment = post(ada, order, token="demo_action").json()
    make_older(order, minutes=31)
    answer = ada.post(f"{PAY}{payment['payment_id']}/confirm/")
    assert (answer.status_code, answer.json()["code"]) == (409, "order_expired")
    assert DemoCharge.objects.get().status == "requires_action"


def test_buyers_can_only_pay_their_own_orders(ada, bob, amy, order):
    for caller in (bob, amy):
        answer = post(caller, order)
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
    assert not Payment.objects.exists()


def test_buyers_see_only_their_own_payments_and_staff_see_all(ada, bob, amy, anyone, order):
    path = post(ada, order, token="demo_action")["Location"]
    for answer in (bob.get(path), bob.post(f"{path}confirm/"), bob.post(f"{path}cancel/")):
        assert answer.status_code == 404
    assert anyone.get(path).status_code == 401
    assert amy.get(path).status_code == 200
    assert [p["payment_id"] for p in amy.get(PAY).json()["payments"]] == [Payment.objects.get().pk]
    assert bob.get(PAY).json()["count"] == 0
    assert Payment.objects.get().status == "requires_action"


@pytest.mark.parametrize("name", ["total", "currency", "status", "user", "refund_id"])
def test_total_and_status_in_the_request_are_refused(ada, order, name):
    body = {"order_id": order.pk, "payment_method": "card", name: "0.01"}
    answer = ada.post(PAY, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert answer.json()["errors"][0]["field"] == name
    assert not Payment.objects.exists()
    assert not DemoCharge.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"payment_method": "card"},
        {"order_id": "1", "payment_method": "card"},
        {"order_id": 1},
        {"order_id": 1, "payment_method": 3},
        {"order_id": 1, "payment_method": "card", "payment_token": "x" * 201},
        {"order_id": 1, "payment_method": "card", "payment_token": None},
    ],
)
def test_a_malformed_payment_is_a_400(ada, order, body):
    answer = ada.post(PAY, body)
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 1)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("step", ["confirm", "cancel"])
def test_an_ended_payment_cannot_be_confirmed_or_cancelled(ada, order, step):
    path = post(ada, order)["Location"]
    answers = [ada.post(f"{path}{step}/", headers={"Idempotency-Key": "twice"}) for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert Payment.objects.get().status == "succeeded"


def test_buyers_cannot_confirm_a_bank_transfer(ada, order):
    path = post(ada, order, "bank_transfer")["Location"]
    answers = [ada.post(f"{path}confirm/", headers={"Idempotency-Key": "twice"}) for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_confirmable")
    assert ada.post(f"{path}cancel/").json()["status"] == "cancelled"
    assert post(ada, order).json()["status"] == "succeeded"


def test_cash_on_delivery_can_only_be_cancelled_with_its_order(ada, order):
    path = post(ada, order, "cash_on_delivery")["Location"]
    answer = ada.post(f"{path}cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_cancellable")
    assert ada.post(f"/api/orders/{order.pk}/cancel/").status_code == 200


def test_a_duplicate_request_gets_the_current_payment(ada, order):
    headers = {"Idempotency-Key": "pay"}
    first = post(ada, order, token="demo_action", headers=headers)
    second = post(ada, order, token="demo_action", headers=headers)
    assert (second.status_code, second["Idempotent-Replayed"]) == (201, "true")
    assert second.json() == first.json()
    ada.post(f"{first['Location']}confirm/")
    third = post(ada, order, token="demo_action", headers=headers)
    assert (third.status_code, third.json()["status"]) == (201, "succeeded")
    assert DemoCharge.objects.count() == 1


def test_a_key_is_refused_for_another_body(ada, order):
    headers = {"Idempotency-Key": "pay"}
    post(ada, order, headers=headers)
    answer = post(ada, order, token="other", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_duplicate_request_gets_the_same_error(ada, order):
    live = post(ada, order, token="demo_action")["Location"]
    headers = {"Idempotency-Key": "second"}
    refused = post(ada, order, headers=headers)
    assert refused.status_code == 409
    ada.post(f"{live}cancel/")
    again = post(ada, order, headers=headers)
    assert (again.status_code, again.content) == (409, refused.content)
    assert again["Idempotent-Replayed"] == "true"


def test_a_duplicate_confirmation_gets_the_current_payment(ada, order):
    path = post(ada, order, token="demo_action")["Location"]
    headers = {"Idempotency-Key": "confirm"}
    first, second = [ada.post(f"{path}confirm/", headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert second["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()


@pytest.mark.parametrize("lines", [1, 9])
def test_a_payment_needs_eleven_statements_and_a_key_two_more(ada, lines):
    products = ProductFactory.create_batch(lines)
    first, second = place_order(ada.user, *products), place_order(ada.user, *products)
    with query_budget(1 + 10 + LOCK):  # Two of them record events.
        assert post(ada, first).json()["status"] == "succeeded"
    with query_budget(1 + 10 + LOCK + 2):
        paid = post(ada, second, headers={"Idempotency-Key": "pay"})
    assert paid.json()["status"] == "succeeded"


def test_the_database_enforces_the_constraints(ada, order):
    payment = pay(order, token="demo_action")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(order=order, method="card", amount=1, currency="USD")
    for change in ({"status": "lost"}, {"amount": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        DemoCharge.objects.update(refunded=F("amount") + 1)


def test_a_bank_transfer_has_a_creditor_reference(ada, order):
    shown = post(ada, order, "bank_transfer").json()
    assert shown["reference"] == creditor_reference(order.pk)
    assert ada.get(f"{PAY}{shown['payment_id']}/").json()["reference"] == shown["reference"]
    assert (creditor_reference(539007547034), creditor_reference(42)) == (
        "RF18539007547034",
        "RF3442",
    )


def test_staff_record_money_and_the_ledger_has_the_actor(ada, amy, order):
    path = post(ada, order, "bank_transfer")["Location"]
    assert ada.post(f"{path}record/").status_code == 403
    assert Payment.objects.get().status == "pending"
    answer = amy.post(f"{path}record/")
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.amount, entry.actor) == ("captured", 9, amy.user)
    assert amy.post(f"{path}record/").json()["code"] == "illegal_transition"
    assert_audit_passes()
