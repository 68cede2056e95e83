"""The events that the services record."""

import pytest
from django.db import transaction

from accounts.models import User
from orders.factories import place_order
from orders.services import cancel_order, confirm_order, deliver_order, ship_order
from payments import jobs
from payments.factories import pay, refund_payment
from shop.core.models import Event

pytestmark = pytest.mark.django_db


def recorded():
    rows = Event.objects.order_by("pk").values_list("kind", "object_type", "object_id", "data")
    return list(rows)


def test_a_purchase_that_is_shipped_delivered_and_refunded(ada, amy, tea):
    order = place_order(ada.user, tea, quantity=2)
    payment = pay(order)
    ship_order(order_id=order.pk, actor=amy.user)
    deliver_order(order_id=order.pk, actor=amy.user)
    fulfilment = order.fulfilments.get()
    part = refund_payment(payment, "4.00", actor=amy.user)
    rest = refund_payment(payment, "5.00", actor=amy.user)

    paid = {"order_id": order.pk, "method": "card", "currency": "USD"}
    placed = {"user_id": ada.user.pk, "total": "9.00", "currency": "USD"}
    of_order, of_payment = ("order", order.pk), ("payment", payment.pk)
    assert recorded() == [
        ("order.placed", *of_order, placed),
        ("order.paid", *of_order, {"amount": "9.00"}),
        ("payment.succeeded", *of_payment, paid | {"amount": "9.00"}),
        ("fulfilment.shipped", "fulfilment", fulfilment.pk, {"order_id": order.pk, "units": 2}),
        ("order.shipped", *of_order, {}),
        ("fulfilment.delivered", "fulfilment", fulfilment.pk, {"order_id": order.pk, "units": 2}),
        ("order.delivered", *of_order, {}),
        (
            "payment.refunded",
            *of_payment,
            paid | {"amount": "4.00", "refund_id": part.pk, "is_late": False},
        ),
        (
            "payment.refunded",
            *of_payment,
            paid | {"amount": "5.00", "refund_id": rest.pk, "is_late": False},
        ),
        ("order.refunded", *of_order, {}),
    ]
    assert not Event.objects.filter(is_internal=True).exists()


def test_a_cancelled_order(ada, tea):
    order = place_order(ada.user, tea)
    confirm_order(order_id=order.pk, actor=None)
    cancel_order(order_id=order.pk, actor=ada.user)
    assert [kind for kind, *_ in recorded()] == [
        "order.placed",
        "order.confirmed",
        "order.cancelled",
    ]


def test_an_order_that_is_paid_after_it_was_shipped(ada, amy, tea):
    order = place_order(ada.user, tea)
    payment = pay(order, method="cash_on_delivery")
    ship_order(order_id=order.pk, actor=amy.user)
    answer = amy.post(f"/api/payments/{payment.pk}/record/")
    assert answer.status_code == 200
    assert recorded()[-2][::3] == ("order.paid", {"amount": "4.50"})
    assert recorded()[-1][0] == "payment.succeeded"


def test_a_payment_that_fails(ada, tea):
    order = place_order(ada.user, tea)
    payment = pay(order, token="demo_decline")
    data = {"order_id": order.pk, "method": "card", "amount": "4.50", "currency": "USD"}
    assert recorded()[1:] == [("payment.failed", "payment", payment.pk, data)]


def test_a_late_payment_that_is_refunded(ada, tea):
    order = place_order(ada.user, tea)
    payment = pay(order, token="demo_late")
    cancel_order(order_id=order.pk, actor=ada.user)
    jobs.settle_payments()
    kinds = [kind for kind, *_ in recorded()]
    assert kinds == ["order.placed", "order.cancelled", "payment.refunded"]
    assert recorded()[-1][3]["is_late"] is True
    assert recorded()[-1][2] == payment.pk


def test_a_registration_is_internal_and_has_no_personal_data(anyone):
    body = {"username": "eve", "email": "eve@example.com", "password": "corr3ct-horse"}
    assert anyone.post("/api/users/", body).status_code == 201
    user = User.objects.get()
    assert recorded() == [
        ("user.registered", "user", user.pk, {}),
        ("account.verification_requested", "user", user.pk, {"language": "en"}),
    ]
    assert all(event.is_internal for event in Event.objects.all())
    assert anyone.post("/api/users/", body).status_code == 409
    assert Event.objects.count() == 2


def test_a_transaction_that_fails_records_nothing(ada, tea):
    order = place_order(ada.user, tea)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        cancel_order(order_id=order.pk, actor=ada.user)
        raise ZeroDivisionError
    assert [kind for kind, *_ in recorded()] == ["order.placed"]
