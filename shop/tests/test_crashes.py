"""Workers of a real server, killed where it would hurt."""

from datetime import timedelta
from http.client import HTTPException

import pytest
from django.core.management import call_command
from django.db.models import F

from cart.models import Cart, CartStatus
from catalog.models import Product
from orders.models import Order
from orders.states import OrderStatus
from payments.models import DemoCharge, Payment, PaymentStatus
from shop.testing.serving import place_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "point",
    ["key.claimed", "order.lines_locked", "order.written", "order.stock_taken", "answer.committed"],
)
def test_a_worker_killed_inside_checkout_leaves_one_order(server, ada, tea, cart, point):
    server.arm(point)
    request = ("POST", "/api/orders/", {"cart_id": cart.pk})
    with pytest.raises((OSError, HTTPException)):
        server.send(*request, token=ada.pair.token, key="order")
    assert not server.is_armed(point)

    answer = server.send_until_answered(*request, token=ada.pair.token, key="order")
    assert answer.status == 201
    order = Order.objects.get()
    assert answer.json()["order_id"] == order.pk
    assert ("Idempotent-Replayed" in answer.headers) == (point == "answer.committed")
    assert Product.objects.get().stock == 8
    assert Cart.objects.get().status == CartStatus.ORDERED
    assert server.send(*request, token=ada.pair.token, key="order").body == answer.body
    call_command("audit")


@pytest.mark.parametrize(
    ("point", "stands", "ends", "charges"),
    [
        ("key.claimed", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
        ("payment.begun", PaymentStatus.PENDING, PaymentStatus.CANCELLED, ["cancelled"]),
        ("payment.charged", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
        ("payment.settled", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
    ],
)
def test_a_worker_killed_inside_payment_charges_once(
    server, ada, tea, point, stands, ends, charges
):
    order = place_order(ada.user, tea)
    server.arm(point)
    request = ("POST", "/api/payments/", {"order_id": order.pk, "payment_method": "card"})
    with pytest.raises((OSError, HTTPException)):
        server.send(*request, token=ada.pair.token, key="pay")
    assert not server.is_armed(point)

    answer = server.send_until_answered(*request, token=ada.pair.token, key="pay")
    payment = Payment.objects.get()
    assert (answer.status, answer.json()["payment_id"]) == (201, payment.pk)
    assert answer.json()["status"] == payment.status == stands
    Payment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    call_command("settle_payments")
    assert Payment.objects.get().status == ends
    assert list(DemoCharge.objects.values_list("status", flat=True)) == charges
    paid = ends == PaymentStatus.SUCCEEDED
    assert Order.objects.get().status == (OrderStatus.PAID if paid else OrderStatus.PENDING)

    again = server.send(*request, token=ada.pair.token, key="pay-another-time")
    assert (again.status, again.json().get("status")) == (
        (409, 409) if paid else (201, "succeeded")
    )
    assert DemoCharge.objects.filter(status="succeeded").count() == 1
    call_command("audit")
