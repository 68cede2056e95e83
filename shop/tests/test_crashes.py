"""Workers of a real server that are killed at fault points."""

from datetime import timedelta
from http.client import HTTPException

import pytest
from django.core.management import call_command
from django.db.models import F

from cart.models import Cart, CartStatus
from catalog.models import Product
from orders.models import Order
from orders.states import OrderStatus
from payments.factories import pay
from payments.models import DemoCharge, DemoRefund, Payment, PaymentStatus, Refund
from shop.testing.faults import POINTS
from shop.testing.server import ROOT
from shop.testing.serving import place_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "point",
    [
        "key.claimed",
        "order.items_locked",
        "order.written",
        "order.stock_taken",
        "response.committed",
    ],
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
    assert ("Idempotent-Replayed" in answer.headers) == (point == "response.committed")
    assert Product.objects.get().stock == 8
    assert Cart.objects.get().status == CartStatus.ORDERED
    assert server.send(*request, token=ada.pair.token, key="order").body == answer.body
    call_command("audit")


@pytest.mark.parametrize(
    ("point", "replayed", "settled", "charges"),
    [
        ("key.claimed", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
        ("payment.begun", PaymentStatus.PENDING, PaymentStatus.CANCELLED, ["cancelled"]),
        ("payment.charged", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
        ("payment.settled", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
    ],
)
def test_a_worker_killed_inside_payment_charges_once(
    server, ada, tea, point, replayed, settled, charges
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
    assert answer.json()["status"] == payment.status == replayed
    Payment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    call_command("settle_payments")
    assert Payment.objects.get().status == settled
    assert list(DemoCharge.objects.order_by("pk").values_list("status", flat=True)) == charges
    paid = settled == PaymentStatus.SUCCEEDED
    assert Order.objects.get().status == (OrderStatus.PAID if paid else OrderStatus.PENDING)

    again = server.send(*request, token=ada.pair.token, key="pay-another-time")
    assert (again.status, again.json().get("status")) == (
        (409, 409) if paid else (201, "succeeded")
    )
    assert DemoCharge.objects.filter(status="succeeded").count() == 1
    call_command("audit")


@pytest.mark.parametrize(("point", "sent"), [("refund.begun", 0), ("refund.sent", 1)])
def test_a_worker_killed_inside_a_refund_refunds_once(server, ada, amy, tea, point, sent):
    payment = pay(place_order(ada.user, tea))
    server.arm(point)
    request = ("POST", f"/api/payments/{payment.pk}/refunds/", {})
    with pytest.raises((OSError, HTTPException)):
        server.send(*request, token=amy.pair.token, key="refund")
    assert not server.is_armed(point)
    assert DemoRefund.objects.count() == sent

    answer = server.send_until_answered(*request, token=amy.pair.token, key="refund")
    assert (answer.status, answer.json()["status"]) == (201, "pending")
    call_command("settle_payments")
    assert (Refund.objects.get().status, Payment.objects.get().status) == ("succeeded", "refunded")
    assert DemoRefund.objects.count() == 1
    call_command("audit")


def test_every_fault_point_is_used_by_a_test():
    """The start of the server fails if a function of a point does not exist."""
    tests = "".join(path.read_text() for path in ROOT.glob("[a-z]*/tests/test_*.py"))
    assert [point for point in POINTS if f'"{point}"' not in tests] == []
