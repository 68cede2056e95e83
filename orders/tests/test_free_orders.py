"""Orders whose total is 0.00: they are paid at once, without a payment."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from cart.factories import fill_cart
from catalog.factories import ProductFactory
from orders import services
from orders.errors import IllegalTransition
from orders.factories import place_order
from orders.models import Order
from payments import jobs
from payments.models import Payment
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes
from shop.testing.pages import choose, messages_of
from shop.testing.races import at_once

ORDERS = "/api/orders/"


@pytest.fixture
def sample(db):
    """A free product, 10 in stock."""
    return ProductFactory(name="Sample", price="0.00", stock=10)


@pytest.fixture
def stripe_only(settings):
    """No payment method works: a gateway that is called would fail."""
    settings.DEMO_PAYMENTS = False


def stock_of(product):
    product.refresh_from_db()
    return product.stock


def kinds(order_id):
    events = Event.objects.filter(object_type="order", object_id=order_id)
    return list(events.order_by("pk").values_list("kind", flat=True))


def test_a_free_order_is_paid_at_once(ada, sample, stripe_only):
    body = {"cart_id": fill_cart(ada.user, sample, quantity=3), "expected_total": "0.00"}
    answer = ada.post(ORDERS, body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["status"]) == (201, "paid")
    assert answer.json()["total"] == "0.00"
    again = ada.post(ORDERS, body, headers={"Idempotency-Key": "k"})
    assert (again.content, again["Idempotent-Replayed"]) == (answer.content, "true")
    order = Order.objects.get()
    assert (order.status, order.amount_paid, stock_of(sample)) == ("paid", 0, 7)
    assert order.paid_at is not None
    stored = ada.get(f"{ORDERS}{order.pk}/").json()
    assert stored["status"] == "paid"
    timeline = [(event["status"], event["note"], event["actor"]) for event in stored["events"]]
    assert timeline == [("pending", "Order placed", "ada"), ("paid", "Nothing to pay", "shop")]
    assert kinds(order.pk) == ["order.placed", "order.paid"]
    assert not Payment.objects.exists()
    assert_audit_passes()


def test_a_free_order_with_another_product_has_to_be_paid(ada, sample, tea):
    order = place_order(ada.user, sample, tea)
    assert (order.status, str(order.total)) == ("pending", "4.50")


def test_a_free_order_takes_no_payment_and_never_expires(ada, sample, settings):
    order = place_order(ada.user, sample)
    body = {"order_id": order.pk, "payment_method": "card"}
    answer = ada.post("/api/payments/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "order_not_payable")
    Order.objects.filter(pk=order.pk).update(created_at="2026-01-01T00:00:00Z")
    assert jobs.expire_orders() == 0
    assert Order.objects.get().status == "paid"


def test_a_free_order_is_shipped_and_delivered(ada, amy, sample):
    order = place_order(ada.user, sample)
    services.ship_order(order_id=order.pk, actor=amy.user)
    services.deliver_order(order_id=order.pk, actor=amy.user)
    assert Order.objects.get().status == "delivered"
    answer = ada.post(f"{ORDERS}{order.pk}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert stock_of(sample) == 9
    assert_audit_passes()


def test_a_free_order_is_cancelled_until_it_is_shipped(ada, sample):
    order = place_order(ada.user, sample, quantity=3)
    answer = ada.post(f"{ORDERS}{order.pk}/cancel/")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert stock_of(sample) == 10
    again = ada.post(f"{ORDERS}{order.pk}/cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert stock_of(sample) == 10
    assert kinds(order.pk) == ["order.placed", "order.paid", "order.cancelled"]
    assert_audit_passes()


def test_staff_cancel_a_free_order_in_the_admin(admin_browser, ada, sample):
    order = place_order(ada.user, sample)
    page = choose(admin_browser, "/admin/orders/order/", "cancel", order, post="yes")
    assert messages_of(page) == [f"Cancelled: {order}."]
    assert (Order.objects.get().status, stock_of(sample)) == ("cancelled", 10)


def test_a_paid_order_that_cost_money_cannot_be_cancelled(ada, tea):
    order = place_order(ada.user, tea)
    services.record_payment(order_id=order.pk, amount=order.total, actor=None)
    answer = ada.post(f"{ORDERS}{order.pk}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert (Order.objects.get().status, stock_of(tea)) == ("paid", 9)


def test_the_audit_finds_a_free_order_that_is_paid_without_a_time(ada, sample, capsys):
    order = place_order(ada.user, sample)
    Order.objects.filter(pk=order.pk).update(paid_at=None)
    with pytest.raises(CommandError, match="1 breaches"):
        call_command("audit")
    assert f"order {order.pk} is paid with 0" in capsys.readouterr().out
    Order.objects.filter(pk=order.pk).update(paid_at=Now())
    assert_audit_passes()


def test_the_job_pays_free_orders_of_an_earlier_release(ada, bob, sample, tea):
    earlier = place_order(ada.user, sample)
    Order.objects.filter(pk=earlier.pk).update(status="pending", paid_at=None)
    costly = place_order(bob.user, tea)
    assert jobs.settle_payments() == 1
    earlier.refresh_from_db()
    costly.refresh_from_db()
    assert (earlier.status, costly.status) == ("paid", "pending")
    assert jobs.settle_payments() == 0
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_free_order_is_cancelled_once_or_shipped(ada, amy, sample, attempt):
    order = place_order(ada.user, sample, quantity=2)

    def cancel():
        return ada.post(f"{ORDERS}{order.pk}/cancel/").status_code

    def ship():
        try:
            services.ship_order(order_id=order.pk, actor=amy.user)
        except IllegalTransition:
            return 409
        return 200

    outcomes = at_once(cancel, cancel, ship)
    assert sorted(outcomes) == [200, 409, 409]
    order.refresh_from_db()
    is_shipped = outcomes[2] == 200
    assert order.status == ("shipped" if is_shipped else "cancelled")
    assert stock_of(sample) == (8 if is_shipped else 10)
    assert_audit_passes()
