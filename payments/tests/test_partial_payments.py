"""Several payments of one order, which never exceed what is due."""

from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import translation

from catalog.models import Product
from orders.factories import place_order
from orders.models import Order
from payments import jobs
from payments.factories import make_older
from payments.models import DemoCharge, Payment
from payments.reconciliation.unsettled import find_unsettled
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once, times

PAY = "/api/payments/"
needs_triggers = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="two releases share a database of PostgreSQL only"
)


@pytest.fixture
def order(ada, tea):
    """An order of 9.00."""
    return place_order(ada.user, tea, quantity=2)


def pay(caller, order, amount=None, token=None, method="card"):
    members = {"amount": amount, "payment_token": token}
    given = {name: value for name, value in members.items() if value is not None}
    return caller.post(PAY, {"order_id": order.pk, "payment_method": method, **given})


def amounts_of(order):
    order.refresh_from_db()
    paid, committed = order.amount_paid, order.amount_committed
    return order.status, order.payment_status, str(paid), str(committed)


@pytest.mark.django_db
def test_parts_of_an_order_are_paid_until_nothing_is_due(ada, order):
    first = pay(ada, order, "2.50").json()
    assert (first["status"], first["amount"], first["amount_captured"]) == (
        "succeeded",
        "2.50",
        "2.50",
    )
    assert amounts_of(order) == ("pending", "partly_paid", "2.50", "2.50")
    shown = ada.get(f"/api/orders/{order.pk}/").json()
    assert (shown["payment_required"], shown["can_pay"], shown["amount_paid"]) == (
        True,
        True,
        "2.50",
    )
    refused = pay(ada, order, "6.51")
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_amount_limit")
    assert refused.json()["payable"] == "6.50"
    waiting = pay(ada, order, "4.00", "demo_action").json()
    assert amounts_of(order) == ("pending", "partly_paid", "2.50", "6.50")
    declined = pay(ada, order, None, "demo_decline").json()
    assert (declined["status"], declined["amount"]) == ("failed", "2.50")
    assert (declined["failure_code"], amounts_of(order)[3]) == ("card_declined", "6.50")
    rest = pay(ada, order).json()
    assert (rest["status"], rest["amount"]) == ("succeeded", "2.50")
    assert amounts_of(order) == ("pending", "partly_paid", "5.00", "9.00")
    assert ada.get(f"/api/orders/{order.pk}/").json()["can_pay"] is False
    for amount in (None, "1.00"):
        busy = pay(ada, order, amount)
        assert (busy.status_code, busy.json()["code"]) == (409, "payment_in_progress")
        assert busy.json()["payment_id"] == waiting["payment_id"]
    assert ada.post(f"{PAY}{waiting['payment_id']}/confirm/").json()["status"] == "succeeded"
    assert amounts_of(order) == ("paid", "paid", "9.00", "9.00")
    assert pay(ada, order).json()["code"] == "order_not_payable"
    charged = DemoCharge.objects.filter(status="succeeded").order_by("pk")
    assert [str(charge.amount) for charge in charged] == ["2.50", "4.00", "2.50"]
    assert_audit_passes()


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001", 1, "", "9.01"])
def test_an_amount_that_is_not_due_begins_no_payment(ada, order, amount):
    answer = pay(ada, order, amount)
    assert answer.status_code == (409 if amount == "9.01" else 400)
    assert (Payment.objects.count(), amounts_of(order)[3]) == (0, "0.00")


@pytest.mark.django_db
def test_a_payment_releases_what_it_does_not_bring(ada, amy, order, settings):
    """A captured part leaves the rest to be paid, as does a payment that was cancelled."""
    settings.PAYMENT_CAPTURE = "on_shipment"
    whole = pay(ada, order).json()
    assert amounts_of(order) == ("confirmed", "authorised", "0.00", "9.00")
    amy.post(f"{PAY}{whole['payment_id']}/capture/", {"amount": "2.00"})
    assert amounts_of(order) == ("confirmed", "partly_paid", "2.00", "2.00")
    settings.PAYMENT_CAPTURE = "automatic"
    open_one = pay(ada, order, "3.00", "demo_action").json()
    assert amounts_of(order)[3] == "5.00"
    ada.post(f"{PAY}{open_one['payment_id']}/cancel/")
    assert amounts_of(order)[3] == "2.00"
    assert pay(ada, order).json()["amount"] == "7.00"
    assert amounts_of(order) == ("paid", "paid", "9.00", "9.00")
    assert_audit_passes()


@pytest.mark.django_db
def test_an_order_is_confirmed_once_all_of_it_is_authorised(ada, order, settings):
    settings.PAYMENT_CAPTURE = "on_shipment"
    pay(ada, order, "1.00")
    assert amounts_of(order) == ("pending", "authorised", "0.00", "1.00")
    pay(ada, order, "2.00", method="cash_on_delivery")
    assert amounts_of(order)[0] == "pending"
    pay(ada, order)
    assert amounts_of(order) == ("confirmed", "authorised", "0.00", "9.00")
    assert_audit_passes()


@pytest.mark.django_db
def test_a_payment_that_the_previous_release_began_is_counted(ada, order):
    """It does not write what is committed, and knows one payment of the whole order."""
    payment = pay(ada, order, None, "demo_action").json()["payment_id"]
    Order.objects.update(amount_committed=0)
    for amount in (None, "1.00"):
        refused = pay(ada, order, amount).json()
        assert (refused["code"], refused["payment_id"]) == ("payment_in_progress", payment)
    assert_audit_passes()
    ada.post(f"{PAY}{payment}/confirm/")
    assert amounts_of(order) == ("paid", "paid", "9.00", "9.00")
    assert_audit_passes()


@needs_triggers
@pytest.mark.django_db
def test_the_previous_release_does_not_pay_an_order_of_which_a_part_is_paid(ada, order):
    whole = {"order": order, "method": "card", "amount": "9.00", "currency": "USD"}
    part = pay(ada, order, "1.00", "demo_action").json()["payment_id"]
    # It responds with 503 to this error, so that its client repeats the request.
    with pytest.raises(OperationalError), transaction.atomic():
        Payment.objects.create(**whole)
    assert Payment.objects.count() == 1
    ada.post(f"{PAY}{part}/cancel/")
    Payment.objects.create(**whole)
    assert pay(ada, order, "1.00").json()["code"] == "payment_in_progress"


@needs_triggers
@pytest.mark.django_db
@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_payment_that_the_previous_release_ends_covers_nothing(ada, order, status):
    pay(ada, order, "2.50")
    part = pay(ada, order, "4.00", "demo_action").json()["payment_id"]
    assert amounts_of(order) == ("pending", "partly_paid", "2.50", "6.50")
    Payment.objects.filter(pk=part).update(status=status)
    assert amounts_of(order) == ("pending", "partly_paid", "2.50", "2.50")


@pytest.mark.django_db
def test_the_database_refuses_more_than_is_due(ada, order):
    pay(ada, order, "1.00")
    for values in ({"amount_committed": "9.01"}, {"amount_paid": "9.00"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.update(**values)


@pytest.mark.django_db
def test_the_fee_of_an_order_never_falls_after_a_part_was_paid(ada, order, settings):
    settings.CASH_ON_DELIVERY_FEE = 2
    pay(ada, order, "1.00")
    assert pay(ada, order, method="cash_on_delivery").json()["amount"] == "10.00"
    order.refresh_from_db()
    assert (str(order.total), str(order.fee_total)) == ("11.00", "2.00")
    assert_audit_passes()


def expire(order):
    make_older(order, minutes=31)
    assert jobs.expire_orders() == 1


def cancel(caller, order):
    assert caller.get(f"/api/orders/{order.pk}/").json()["can_cancel"] is True
    assert caller.post(f"/api/orders/{order.pk}/cancel/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["cancelled by the buyer", "expired"])
def test_what_was_paid_of_a_cancelled_order_is_refunded(ada, amy, order, way):
    """Money that staff recorded is only theirs to return, and is reported until they have."""
    first = pay(ada, order, "2.00").json()["payment_id"]
    amy.post(f"{PAY}{first}/refunds/", {"amount": "0.50"})
    transfer = pay(ada, order, "3.00", method="bank_transfer").json()["payment_id"]
    amy.post(f"{PAY}{transfer}/record/")
    assert amounts_of(order)[2:] == ("5.00", "5.00")
    if way == "expired":
        expire(order)
    else:
        cancel(ada, order)
    assert amounts_of(order)[::2] == ("cancelled", "0.00")
    assert amounts_of(order)[3] == "0.00"
    assert Product.objects.get().stock == 10
    assert_audit_passes()
    jobs.settle_payments()
    card, by_transfer = Payment.objects.order_by("pk")
    assert (card.status, str(card.amount_refunded)) == ("refunded", "2.00")
    assert (by_transfer.status, str(by_transfer.amount_refunded)) == ("refund_pending", "0.00")
    assert str(DemoCharge.objects.get().refunded) == "2.00"
    assert len(list(find_unsettled())) == 1
    refund = amy.post(f"{PAY}{transfer}/refunds/", {"by_hand": True})
    assert (refund.status_code, refund.json()["amount"]) == (201, "3.00")
    assert list(find_unsettled()) == []
    notes = list(order.events.values_list("note", flat=True))
    assert notes.count("Refund of 4.50 begun") == 1
    assert_audit_passes()


@pytest.mark.django_db
def test_cancelled_items_reduce_the_payments_that_wait_to_what_is_due(ada, order):
    """Two transfers of 5.00 and 4.00 wait for an order of two units, of which one is cancelled."""
    first, second = [
        pay(ada, order, part, method="bank_transfer").json() for part in ("5.00", None)
    ]
    product = order.items.get().product_id
    body = {"items": [{"product_id": product, "quantity": 1}]}
    answer = ada.post(f"/api/orders/{order.pk}/cancel-items/", body)
    assert answer.status_code == 200, answer.json()
    paths = [f"{PAY}{each['payment_id']}/" for each in (first, second)]
    bodies = [ada.get(path).json() for path in paths]
    shown = [(body["status"], body["amount"]) for body in bodies]
    assert shown == [("pending", "4.50"), ("cancelled", "4.00")]
    assert amounts_of(order)[3] == "4.50"
    assert_audit_passes()


@pytest.mark.django_db
def test_reasons_are_told_in_the_language_of_the_request(ada, order):
    payment = pay(ada, order, "1.00", "demo_decline").json()
    with translation.override("en"):
        german = ada.get(f"{PAY}{payment['payment_id']}/", headers={"Accept-Language": "de"})
    assert german.json()["failure_detail"].startswith("Die Zahlung wurde abgelehnt.")


@pytest.mark.django_db(transaction=True)
def test_parallel_parts_never_exceed_the_total(ada, order):
    """Six parts of 2.00 are wanted at once for 9.00, of which one is declined."""
    calls = [partial(pay, ada, order, "2.00") for _ in range(5)]
    answers = at_once(*calls, partial(pay, ada, order, "2.00", "demo_decline"))
    assert set(statuses(answers)) <= {201, 409}
    succeeded = [a for a in answers if a.status_code == 201 and a.json()["status"] == "succeeded"]
    assert 3 <= len(succeeded) <= 4
    captured = sum(charge.amount for charge in DemoCharge.objects.filter(status="succeeded"))
    assert captured == 2 * len(succeeded)
    assert amounts_of(order)[2:] == (f"{captured:.2f}", f"{captured:.2f}")
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_paying_a_part_and_cancelling_in_parallel_loses_no_money(ada, order, attempt):
    pay(ada, order, "2.00")
    answers = at_once(
        partial(pay, ada, order, "3.00"),
        lambda: ada.post(f"/api/orders/{order.pk}/cancel/"),
        partial(pay, ada, order, "3.50"),
    )
    statuses(answers)
    jobs.settle_payments()
    charged = sum(c.amount - c.refunded for c in DemoCharge.objects.filter(status="succeeded"))
    assert (amounts_of(order)[0], charged) == ("cancelled", 0)
    assert amounts_of(order)[2:] == ("0.00", "0.00")
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_parallel_payments_of_the_rest_charge_it_once(ada, order):
    pay(ada, order, "2.00")
    answers = times(6, partial(pay, ada, order))
    assert statuses(answers) == {201: 1, 409: 5}
    assert amounts_of(order) == ("paid", "paid", "9.00", "9.00")
    assert sum(charge.amount for charge in DemoCharge.objects.all()) == 9
    assert_audit_passes()
