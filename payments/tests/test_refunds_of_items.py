"""Refunds of items and of the shipping, and cancelling items before they are shipped."""

from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import transaction

from accounts.factories import UserFactory
from cart.factories import fill_cart
from cart.promotions.factories import create_promotion
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from orders import payments as payments_of_orders
from orders import services as orders
from orders.errors import IllegalTransition
from orders.factories import place_order
from orders.models import Fulfilment, Order, OrderItem
from orders.services import ship_order
from payments import jobs, services
from payments.factories import pay
from payments.gateways import RefundOutcome, RefundState, registry
from payments.gateways.demo import DemoGateway
from payments.models import DemoCharge, LedgerEntry, Payment, Refund, RefundItem
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import Caller
from shop.testing.pages import choose, submit
from shop.testing.races import at_once, times, until_blocked

BERLIN = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}


@pytest.fixture
def mug(db):
    return ProductFactory(name="Mug", price="10.00", stock=10)


@pytest.fixture
def order(ada, mug, tea):
    """Three mugs (30.00) and a tea (4.50), paid by card."""
    fill_cart(ada.user, mug, quantity=3)
    cart_id = fill_cart(ada.user, tea)
    placed = ada.post("/api/orders/", {"cart_id": cart_id}).json()
    order = Order.objects.get(pk=placed["order_id"])
    pay(order)
    return order


class FailingRefunds(DemoGateway):
    """A provider whose refunds fail."""

    def refund(self, charge, *, amount, key):
        return RefundOutcome(RefundState.FAILED)


def refunds(order):
    return f"/api/orders/{order.pk}/refunds/"


def cancel(order):
    return f"/api/orders/{order.pk}/cancel-items/"


def units(product, quantity):
    return {"items": [{"product_id": product.pk, "quantity": quantity}]}


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Order, OrderItem, Payment, Refund, RefundItem, Product, DemoCharge)
    ]


def test_one_of_three_mugs_is_refunded_and_returns_to_stock(ada, amy, mug, order):
    ship_order(order_id=order.pk, actor=amy.user)
    body = units(mug, 1) | {"reason": "Chipped", "restock": True}
    answer = amy.post(refunds(order), body)
    assert (answer.status_code, answer["Location"]) == (201, refunds(order))
    refund = answer.json()["refunds"][0]
    assert (answer.json()["amount"], refund["restock"], refund["reason"]) == (
        "10.00",
        True,
        "Chipped",
    )
    assert refund["items"] == [
        {"product_id": mug.pk, "name": "Mug", "quantity": 1, "amount": "10.00", "tax": "0.00"}
    ]
    assert Product.objects.get(pk=mug.pk).stock == 8
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.delta) == ("return", 1)
    item = OrderItem.objects.get(product=mug)
    assert (item.quantity_returned, item.quantity_restocked, item.quantity_refunded) == (1, 1, 1)
    assert ada.get(refunds(order)).json()["refunds"] == [refund]
    assert amy.post(refunds(order), units(mug, 2) | {"restock": True}).status_code == 201
    before = rows()
    third = amy.post(refunds(order), units(mug, 1))
    assert (third.status_code, third.json()["code"]) == (409, "refund_units_limit")
    assert third.json()["detail"] == "0 units of Mug can still be refunded."
    assert rows() == before
    assert Product.objects.get(pk=mug.pk).stock == 10
    assert_audit_passes()


def test_the_whole_order_still_returns_to_stock_without_items(amy, mug, tea, order):
    payment = Payment.objects.get()
    assert amy.post(refunds(order), units(mug, 1) | {"restock": True}).status_code == 201
    answer = amy.post(f"/api/payments/{payment.pk}/refunds/", {"restock": True})
    assert (answer.status_code, answer.json()["amount"], answer.json()["items"]) == (
        201,
        "24.50",
        [],
    )
    assert set(Product.objects.values_list("stock", flat=True)) == {10}
    shown = amy.get(f"/api/orders/{order.pk}/").json()
    assert (shown["fulfilment_status"], shown["return_status"]) == ("unfulfilled", None)
    again = amy.post(refunds(order), units(mug, 1) | {"restock": True})
    assert (again.status_code, again.json()["code"]) == (409, "already_restocked")
    assert_audit_passes()


@pytest.mark.parametrize(
    ("includes_tax", "prices", "shipping", "taxes"),
    [
        (True, ["6.67", "6.66", "6.67"], ("4.90", "0.78"), ["1.07", "1.06", "1.07"]),
        (False, ["7.93", "7.94", "7.93"], ("5.83", "0.93"), ["1.27", "1.26", "1.27"]),
    ],
)
def test_discount_and_tax_follow_exactly(
    ada, amy, mug, settings, includes_tax, prices, shipping, taxes
):
    """3 × 10.00 with 10.00 off and shipping of 4.90: 24.90 with a tax of 3.98, or 29.63 of 4.73."""
    settings.PRICES_INCLUDE_TAX = includes_tax
    create_method(prices={"DE": "4.90"})
    create_tax_rate("DE", "19")
    create_promotion("Ten off", kind="fixed_amount", value=Decimal("10.00"))
    cart = ada.post(
        "/api/cart/", {"shipping_address": BERLIN, **units(mug, 3), "email": "ada@example.com"}
    ).json()
    placed = ada.post("/api/orders/", {"cart_id": cart["cart_id"]}).json()
    order = Order.objects.get(pk=placed["order_id"])
    pay(order)
    steps = [amy.post(refunds(order), units(mug, 1)).json()["refunds"][0] for _ in range(3)]
    assert [step["amount"] for step in steps] == prices
    assert [step["items"][0]["tax"] for step in steps] == taxes
    last = amy.post(refunds(order), {"shipping": True}).json()["refunds"][0]
    assert (last["shipping"], last["shipping_tax"]) == shipping
    order.refresh_from_db()
    assert (order.status, order.amount_refunded) == ("refunded", order.total)
    assert_audit_passes()


def test_an_amount_may_be_less_than_the_items_are_worth(amy, mug, tea, order):
    both = {"items": [*units(mug, 1)["items"], *units(tea, 1)["items"]]}
    before = rows()
    more = amy.post(refunds(order), both | {"amount": "14.51"})
    assert (more.status_code, more.json()["refundable"]) == (409, "14.50")
    assert rows() == before
    part = amy.post(refunds(order), both | {"amount": "7.25"}).json()["refunds"][0]
    assert [row["amount"] for row in part["items"]] == ["5.00", "2.25"]
    assert amy.post(refunds(order), {"amount": "20.00"}).status_code == 201
    before = rows()
    rest = amy.post(refunds(order), units(mug, 2))
    assert (rest.json()["code"], rest.json()["refundable"]) == ("refund_limit", "7.25")
    assert rows() == before
    assert_audit_passes()


def test_a_refund_is_divided_among_the_payments_of_the_order(amy, mug, order):
    """The order was paid by 20.00 and 14.50: two mugs and a half are refunded from the second."""
    Payment.objects.update(amount="20.00", amount_captured="20.00", is_partial=True)
    first = Payment.objects.get()
    first.entries.update(amount="20.00")
    DemoCharge.objects.update(amount="20.00")
    second = Payment.objects.create(
        order=order,
        method="card",
        status="succeeded",
        amount="14.50",
        amount_captured="14.50",
        currency="USD",
        is_partial=True,
        settled_at=first.settled_at,
    )
    second.entries.create(kind="captured", amount="14.50")
    DemoCharge.objects.create(
        key=second.provider_key, amount="14.50", currency="USD", status="succeeded"
    )
    headers = {"Idempotency-Key": "two-mugs"}
    body = units(mug, 2) | {"restock": True}
    answer, again = (amy.post(refunds(order), body, headers=headers) for _ in range(2))
    assert again.json() == answer.json()
    found = answer.json()
    assert found["amount"] == "20.00"
    amounts = [(each["payment_id"], each["amount"]) for each in found["refunds"]]
    assert amounts == [(second.pk, "14.50"), (first.pk, "5.50")]
    parts = [each["items"][0] for each in found["refunds"]]
    assert [(part["quantity"], part["amount"]) for part in parts] == [(2, "14.50"), (0, "5.50")]
    assert Product.objects.get(pk=mug.pk).stock == 9
    assert OrderItem.objects.get(product=mug).amount_refunded == 20
    assert sorted(DemoCharge.objects.values_list("refunded", flat=True)) == [
        Decimal("5.50"),
        Decimal("14.50"),
    ]


def test_a_failed_refund_releases_its_items(amy, mug, order, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(registry._gateways, "card", FailingRefunds())
        answer = amy.post(refunds(order), units(mug, 3) | {"restock": True})
    assert answer.json()["refunds"][0]["status"] == "failed"
    item = OrderItem.objects.get(product=mug)
    assert (item.quantity_refunded, item.amount_refunded, item.quantity_restocked) == (0, 0, 0)
    assert amy.post(refunds(order), units(mug, 3)).status_code == 201
    assert_audit_passes()


@pytest.mark.parametrize("names_units", [True, False])
def test_units_that_a_pending_refund_returns_to_stock_are_not_shipped(
    amy, mug, tea, order, names_units
):
    named = {mug.pk: 2} if names_units else {}
    wanted = services.Wanted(units=named, restock=True)
    refund_id = services.begin_order_refund(order_id=order.pk, wanted=wanted, actor=amy.user)
    fulfilments = f"/api/orders/{order.pk}/fulfilments/"
    refused = amy.post(fulfilments, units(mug, 2))
    assert (refused.status_code, refused.json()["code"]) == (409, "fulfilment_limit")
    assert refused.json()["available"] == (1 if names_units else 0)
    assert not Fulfilment.objects.exists()
    if names_units:  # what is left is shipped
        items = amy.post(fulfilments).json()["items"]
        shipped = {item["product_id"]: item["quantity"] for item in items}
        assert shipped == {mug.pk: 1, tea.pk: 1}
    else:
        assert amy.post(fulfilments).json()["code"] == "fulfilment_limit"
    services.send_refund(services.get_refund(refund_id))
    assert OrderItem.objects.get(product=mug).quantity_restocked == (2 if names_units else 3)
    assert_audit_passes()


@pytest.mark.parametrize("names_units", [True, False])
def test_units_that_the_previous_release_ships_meanwhile_do_not_return(
    amy, mug, tea, order, names_units, monkeypatch
):
    monkeypatch.setattr(payments_of_orders._restocks, "value", None)  # it does not ask
    named = {mug.pk: 3} if names_units else {}
    wanted = services.Wanted(units=named, restock=True)
    refund_id = services.begin_order_refund(order_id=order.pk, wanted=wanted, actor=amy.user)
    orders.fulfil(order_id=order.pk, actor=amy.user, units={mug.pk: 2})
    assert services.send_refund(services.get_refund(refund_id)).status == "succeeded"
    item = OrderItem.objects.get(product=mug)
    assert (item.quantity_fulfilled, item.quantity_returned, item.quantity_restocked) == (2, 0, 1)
    assert Product.objects.get(pk=mug.pk).stock == 8
    assert Product.objects.get(pk=tea.pk).stock == (9 if names_units else 10)
    order.refresh_from_db()
    assert (order.fulfilment_status, order.restocked_at) == ("partly_fulfilled", None)
    assert_audit_passes()


def test_only_staff_with_the_permission_refund_items(ada, bob, anyone, mug, order):
    clerk = Caller(UserFactory(is_staff=True))
    before = rows()
    for caller, status in [(ada, 403), (bob, 403), (anyone, 401), (clerk, 403)]:
        assert caller.post(refunds(order), units(mug, 1)).status_code == status
    assert bob.get(refunds(order)).status_code == 404
    assert rows() == before


# -- cancelling items ----------------------------------------------------------------------------


def test_staff_cancel_items_of_a_paid_order_and_the_money_returns(ada, amy, mug, order):
    answer = amy.post(cancel(order), units(mug, 2))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["total"], body["amount_paid"], body["amount_refunded"]) == (
        "34.50",
        "34.50",
        "20.00",
    )
    order.refresh_from_db()
    assert (order.status, order.total, order.amount_cancelled) == ("paid", Decimal("34.50"), 20)
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.actor) == (20, "succeeded", amy.user)
    assert [(row.quantity, row.amount) for row in refund.items.all()] == [(2, 20)]
    assert Product.objects.get(pk=mug.pk).stock == 9
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.delta) == ("cancellation", 2)
    assert order.events.filter(note="Cancelled: 2 × Mug").count() == 1
    before = rows()
    more = amy.post(cancel(order), units(mug, 2))
    assert (more.status_code, more.json()["code"], more.json()["available"]) == (
        409,
        "cancellation_limit",
        1,
    )
    assert rows() == before
    assert amy.post(refunds(order), units(mug, 1)).json()["amount"] == "10.00"
    assert_audit_passes()


def test_a_buyer_cancels_items_before_paying_and_pays_the_rest(ada, bob, mug):
    order = place_order(ada.user, mug, quantity=3)
    before = rows()
    assert bob.post(cancel(order), units(mug, 1)).status_code == 404
    assert rows() == before
    assert ada.post(cancel(order), units(mug, 1)).status_code == 200
    order.refresh_from_db()
    assert (order.total, order.amount_cancelled, order.status) == (30, 10, "pending")
    assert not Refund.objects.exists()
    assert ada.post(cancel(order), units(mug, 2)).json()["status"] == "cancelled"
    assert Product.objects.get().stock == 10
    assert_audit_passes()


def test_a_buyer_cannot_cancel_items_that_are_paid(ada, mug, order):
    before = rows()
    answer = ada.post(cancel(order), units(mug, 1))
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert rows() == before


def test_a_transfer_that_is_awaited_becomes_smaller(ada, amy, mug):
    order = place_order(ada.user, mug, quantity=3)
    payment = pay(order, method="bank_transfer")
    assert ada.post(cancel(order), units(mug, 1)).status_code == 200
    payment.refresh_from_db()
    assert payment.amount == 20
    assert services.record_manual_payment(payment_id=payment.pk, actor=amy.user)
    order.refresh_from_db()
    assert (order.status, order.amount_paid) == ("paid", 20)


def begin(caller, order, **members):
    body = {"order_id": order.pk, "payment_method": "card", **members}
    return caller.post("/api/payments/", body).json()["payment_id"]


def test_a_transfer_of_which_nothing_is_left_is_cancelled(ada, amy, mug):
    order = place_order(ada.user, mug, quantity=10)
    begin(ada, order, amount="60.00")
    transfer = begin(ada, order, payment_method="bank_transfer")
    assert ada.post(cancel(order), units(mug, 5)).status_code == 200
    payment = Payment.objects.get(pk=transfer)
    assert (payment.status, payment.amount, payment.amount_captured) == ("cancelled", 40, 0)
    assert LedgerEntry.objects.get(payment=payment).kind == "voided"
    order.refresh_from_db()
    assert (order.status, order.amount_paid, order.amount_refunded) == ("paid", 60, 10)
    before = rows()
    answer = amy.post(f"/api/payments/{transfer}/record/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert rows() == before
    assert_audit_passes()


@pytest.mark.parametrize("by", ["api", "admin"])
def test_staff_capture_no_more_than_is_due(ada, amy, admin_client, mug, settings, by):
    settings.PAYMENT_CAPTURE = "on_shipment"
    order = place_order(ada.user, mug, quantity=4)
    payment = pay(order)
    assert ada.post(cancel(order), units(mug, 2)).status_code == 200
    capture = f"/api/payments/{payment.pk}/capture/"
    before = rows()
    refused = amy.post(capture, {"amount": "20.01"})
    assert (refused.json()["code"], refused.json()["authorised"]) == ("capture_limit", "20.00")
    assert rows() == before
    if by == "admin":
        page = choose(admin_client, "/admin/payments/payment/", "capture", payment)
        assert f"20.00 {payment.currency}" in page.content.decode()
        submit(admin_client, page)
    else:
        assert amy.post(capture, {}).json()["amount_captured"] == "20.00"
    order.refresh_from_db()
    assert (DemoCharge.objects.get().captured, order.status, order.amount_paid) == (20, "paid", 20)
    assert not Refund.objects.exists()
    assert_audit_passes()


class CapturesAfterCancellation(DemoGateway):
    """A provider that captures just after items of the order were cancelled."""

    def capture(self, charge, *, amount):
        item = OrderItem.objects.get()
        units = {item.product_id: 2}
        services.cancel_items(order_id=item.order_id, units=units, actor=item.order.user)
        return super().capture(charge, amount=amount)


def test_what_was_captured_of_items_that_were_cancelled_meanwhile_is_refunded(
    ada, amy, mug, settings, monkeypatch
):
    settings.PAYMENT_CAPTURE = "on_shipment"
    order = place_order(ada.user, mug, quantity=4)
    payment = pay(order)
    monkeypatch.setitem(registry._gateways, "card", CapturesAfterCancellation())
    answer = amy.post(f"/api/payments/{payment.pk}/capture/", {}).json()
    assert (answer["amount_captured"], answer["amount_refunded"]) == ("40.00", "20.00")
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.of_cancellation) == (20, "succeeded", True)
    charge = DemoCharge.objects.get()
    assert (charge.captured, charge.refunded) == (40, 20)
    order.refresh_from_db()
    assert (order.status, order.amount_paid, order.amount_refunded) == ("paid", 40, 20)
    assert_audit_passes()


def test_an_order_is_confirmed_once_what_is_left_of_it_is_authorised(ada, amy, mug, settings):
    settings.PAYMENT_CAPTURE = "on_shipment"
    order = place_order(ada.user, mug, quantity=10)
    begin(ada, order, amount="60.00")
    assert ada.post(cancel(order), units(mug, 3)).json()["status"] == "pending"
    answer = ada.post(cancel(order), units(mug, 1)).json()
    assert (answer["status"], answer["payment_status"]) == ("confirmed", "authorised")
    assert ship_order(order_id=order.pk, actor=amy.user) is None
    order.refresh_from_db()
    assert (order.status, order.amount_paid, order.amount_cancelled) == ("shipped", 60, 40)
    assert_audit_passes()


def test_items_cannot_be_cancelled_while_the_provider_is_asked_for_their_money(ada, mug):
    order = place_order(ada.user, mug, quantity=3)
    pay(order, token="demo_action")
    before = rows()
    answer = ada.post(cancel(order), units(mug, 1))
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_in_progress")
    assert rows() == before


def test_an_order_of_which_nothing_is_left_is_refunded_whole(amy, mug, tea, order):
    both = {"items": [*units(mug, 3)["items"], *units(tea, 1)["items"]]}
    assert amy.post(cancel(order), both).json()["status"] == "refunded"
    order.refresh_from_db()
    assert (order.amount_cancelled, order.amount_refunded) == (order.total, order.total)
    assert set(Product.objects.values_list("stock", flat=True)) == {10}
    assert_audit_passes()


# -- races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_parallel_refunds_of_an_item_refund_each_unit_once(amy, mug, order):
    answers = times(6, partial(amy.post, refunds(order), units(mug, 2) | {"restock": True}))
    assert statuses(answers) == {201: 1, 409: 5}
    assert DemoCharge.objects.get().refunded == 20
    assert Product.objects.get(pk=mug.pk).stock == 9
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_return_and_a_refund_of_the_same_units_restock_them_once(ada, amy, mug, order, attempt):
    ship_order(order_id=order.pk, actor=amy.user)
    asked = ada.post(f"/api/orders/{order.pk}/returns/", units(mug, 3)).json()
    one = f"/api/returns/{asked['return_id']}/"
    amy.post(f"{one}approve/")
    received, refunded = at_once(
        partial(amy.post, f"{one}receive/", {"restock": True}),
        partial(amy.post, refunds(order), units(mug, 3) | {"restock": True}),
    )
    assert {received.status_code, refunded.status_code} <= {200, 201, 409}
    assert Product.objects.get(pk=mug.pk).stock == 10
    assert OrderItem.objects.get(product=mug).quantity_returned == 3
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_units_are_shipped_or_cancelled_but_not_both(ada, amy, mug, attempt):
    order = place_order(ada.user, mug, quantity=3)
    pay(order)

    def ship():
        try:
            ship_order(order_id=order.pk, actor=amy.user)
        except IllegalTransition:
            return False
        return True

    def cancel_two():
        return amy.post(cancel(order), units(mug, 2)).status_code

    shipped, cancelled = at_once(ship, cancel_two)
    item = OrderItem.objects.get()
    orders.refresh_statuses(order.pk)
    item.refresh_from_db()
    assert shipped
    assert (cancelled, item.quantity_cancelled, item.quantity_fulfilled) in [
        (200, 2, 1),
        (409, 0, 3),
    ]
    assert Product.objects.get().stock == (9 if cancelled == 200 else 7)
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_a_buyer_cannot_cancel_items_of_an_order_that_is_just_paid(ada, amy, mug):
    order = place_order(ada.user, mug, quantity=3)
    payment = pay(order, method="bank_transfer")
    held = Event()

    def record():
        with transaction.atomic():
            Order.objects.lock(order.pk)
            held.set()
            until_blocked(1)
            services.record_manual_payment(payment_id=payment.pk, actor=amy.user)

    def cancel_one():
        held.wait(60)
        return ada.post(cancel(order), units(mug, 1)).json()["code"]

    assert at_once(record, cancel_one) == [None, "illegal_transition"]
    item = OrderItem.objects.get()
    assert (item.quantity_cancelled, Refund.objects.exists()) == (0, False)
    assert Product.objects.get(pk=mug.pk).stock == 7
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_parallel_cancellations_of_items_return_them_once(amy, mug, order):
    answers = times(5, partial(amy.post, cancel(order), units(mug, 2)))
    assert statuses(answers) == {200: 1, 409: 4}
    assert (DemoCharge.objects.get().refunded, Product.objects.get(pk=mug.pk).stock) == (20, 9)
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_an_authorised_payment_is_captured_without_what_was_cancelled(ada, amy, mug, settings):
    settings.PAYMENT_CAPTURE = "on_shipment"
    order = place_order(ada.user, mug, quantity=4)
    pay(order)
    assert amy.post(cancel(order), units(mug, 1)).status_code == 200
    first = orders.begin_fulfilment(order_id=order.pk, actor=amy.user, units={mug.pk: 1})
    before = rows()
    answer = amy.post(cancel(order), units(mug, 1))
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_in_progress")
    assert rows() == before
    orders.finish_fulfilment(first)
    assert DemoCharge.objects.get().captured == 30
    assert amy.post(cancel(order), units(mug, 1)).json()["amount_refunded"] == "10.00"
    order.refresh_from_db()
    assert (order.amount_cancelled, order.amount_paid, order.status) == (20, 30, "paid")
    assert_audit_passes()
