"""Drafts: what staff prepare, and the order that sending one places."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.factories import staff_with
from cart.deletion import delete_old_carts, forget_carts
from cart.drafts import change_draft
from cart.errors import DraftOrdered
from cart.models import Cart, CartItem, Draft
from cart.promotions.factories import create_voucher
from cart.shipping.factories import create_method
from catalog.errors import OutOfStock
from catalog.factories import ProductFactory, SaleFactory
from catalog.models import Product, StockMovement
from orders.models import Order
from orders.services import send_draft
from orders.tokens import make_order_token
from payments import jobs
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times, until_blocked
from shop.testing.rows import BERLIN

DRAFTS = "/api/drafts/"

pytestmark = pytest.mark.usefixtures("unthrottled")


def items_of(product, quantity=2, **members):
    return [{"product_id": product.pk, "quantity": quantity, **members}]


@pytest.fixture
def draft(amy, tea):
    """A draft for a guest: two of tea at 4.00 each."""
    items = items_of(tea, price_override="4.00")
    answer = amy.post(DRAFTS, {"items": items, "email": "eve@example.org"})
    assert answer.status_code == 201, answer.content
    return Draft.objects.get(pk=answer.json()["draft_id"])


def test_a_draft_has_the_prices_of_staff_and_takes_no_stock(amy, tea):
    SaleFactory(product_ids=[tea.pk], value=Decimal(50))
    voucher = create_voucher()
    create_method(prices={"DE": "4.90"})
    cup = ProductFactory(price="10.00")
    body = {
        "items": [*items_of(tea, price_override="6.00"), *items_of(cup, quantity=1)],
        "email": "eve@example.org",
        "shipping_address": BERLIN,
        "shipping_method": "standard",
        "voucher_codes": [voucher.code],
        "link_hours": 48,
    }
    answer = amy.post(DRAFTS, body)
    made = answer.json()
    assert (answer.status_code, made["status"], made["created_by"]) == (201, "open", "amy")
    cart = made["cart"]
    # Neither the price of the sale nor that of the product: 2 × 6.00 + 10.00, less 10 %.
    assert (cart["subtotal"], cart["discount_total"], cart["total"]) == ("22.00", "2.20", "24.70")
    first, second = cart["cart_items"]
    assert (first["unit_price"], first["price_override"]) == ("6.00", "6.00")
    assert first["regular_unit_price"] == "6.00"  # what it costs otherwise is less
    assert "price_override" not in second
    assert cart["problems"] == []
    path = f"{DRAFTS}{made['draft_id']}/"
    explained = amy.get(path, {"explain": 1}).json()["cart"]["explanation"]
    assert explained[0]["facts"]["price_override"] == "6.00"
    assert "price_override" not in explained[1]["facts"]
    assert Product.objects.get(pk=tea.pk).stock == 10
    # A change replaces the items as a whole, also their prices.
    changed = amy.patch(path, {"items": items_of(tea, price_override=None), "link_hours": None})
    assert changed.json()["cart"]["cart_items"][0]["unit_price"] == "2.25"
    assert (changed.json()["link_hours"], CartItem.objects.get().price_override) == (None, None)
    (listed,) = amy.get(DRAFTS).json()["drafts"]
    assert listed["draft_id"] == made["draft_id"]
    assert amy.delete(path).status_code == 204
    assert (Draft.objects.count(), Cart.objects.count(), amy.get(path).status_code) == (0, 0, 404)


def test_prices_need_a_permission_and_others_keep_what_was_set(draft, tea):
    rights = [f"cart.{verb}_draft" for verb in ("view", "add", "change")]
    clerk = Caller(staff_with(*rights))
    path = f"{DRAFTS}{draft.pk}/"
    kept = clerk.patch(path, {"items": items_of(tea, quantity=3, price_override="4.00")})
    assert (kept.status_code, kept.json()["cart"]["total"]) == (200, "12.00")
    for refused in (
        clerk.patch(path, {"items": items_of(tea, price_override="3.99")}),
        clerk.post(DRAFTS, {"items": items_of(tea, price_override="4.00")}),
    ):
        assert refused.status_code == 403
        assert refused.json()["permission"] == "cart.override_prices"
    assert CartItem.objects.get().price_override == Decimal("4.00")
    assert Draft.objects.count() == 1
    assert clerk.post(DRAFTS, {"items": items_of(tea)}).status_code == 201


def test_what_is_no_draft_is_refused(amy, tea):
    wrong = [
        ({"customer_id": 999999}, "customer_id"),
        ({"link_hours": 0}, "link_hours"),
        ({"items": items_of(tea, price_override="-1.00")}, "items.0.price_override"),
        ({"user_id": 1}, "user_id"),
    ]
    for body, field in wrong:
        answer = amy.post(DRAFTS, body)
        assert answer.status_code == 400
        problem = answer.json()
        assert field in (problem.get("field"), *(e["field"] for e in problem.get("errors", ())))
    assert Draft.objects.count() == Cart.objects.count() == 0


def test_an_incomplete_draft_is_not_sent(amy, tea):
    made = amy.post(DRAFTS, {"items": items_of(tea)}).json()
    send = f"{DRAFTS}{made['draft_id']}/send/"
    assert amy.post(send).json()["code"] == "email_missing"
    amy.patch(f"{DRAFTS}{made['draft_id']}/", {"email": "eve@example.org", "items": []})
    assert amy.post(send).json()["code"] == "cart_empty"
    assert Draft.objects.get().sent_at is None
    assert not Event.objects.filter(kind="draft.sent").exists()


def test_sending_places_the_order_which_the_link_pays_without_an_account(amy, anyone, draft, tea):
    path = f"{DRAFTS}{draft.pk}/"
    first, again = amy.post(f"{path}send/"), amy.post(f"{path}send/")
    assert (first.status_code, again.status_code) == (201, 200)
    placed, order = first.json(), Order.objects.get()
    assert first.headers["Location"] == f"/api/orders/{order.pk}/"
    assert again.json() == placed
    assert (placed["order_id"], placed["number"]) == (order.pk, order.number)
    assert (placed["total"], placed["can_pay"]) == ("8.00", True)
    assert (order.user, order.email) == (None, "eve@example.org")
    assert Product.objects.get().stock == 8
    shown = amy.get(path).json()
    assert (shown["status"], shown["order_id"], shown["cart"]) == ("ordered", order.pk, None)
    assert shown["link_expires_at"] == placed["pay_before"]

    link = {"X-Order-Token": make_order_token(order)}
    seen = anyone.get(f"/api/orders/{order.pk}/", headers=link).json()
    assert (seen["pay_before"], seen["events"][0]["actor"]) == (placed["pay_before"], "staff")
    payment = {"order_id": order.pk, "payment_method": "card"}
    assert anyone.post("/api/payments/", payment, headers=link).json()["status"] == "succeeded"
    body = anyone.get(f"/api/orders/{order.pk}/", headers=link).json()
    assert (body["status"], body["items"][0]["unit_price"]) == ("paid", "4.00")
    assert body["items"][0]["regular_unit_price"] == "4.50"
    # What was paid is not sent again, and what was ordered is neither changed nor deleted.
    for answer in (amy.post(f"{path}send/"), amy.patch(path, {"note": "x"}), amy.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (409, "draft_ordered")
    kinds = ["order.placed", "draft.sent", "draft.sent", "order.paid", "payment.succeeded"]
    assert [*Event.objects.order_by("pk").values_list("kind", flat=True)] == kinds
    assert_audit_passes()


def test_the_order_of_a_customer_is_the_customers(amy, ada, tea):
    ada.post("/api/cart/add/", {"product_id": tea.pk, "quantity": 1})
    body = {"customer_id": ada.user.pk, "items": items_of(tea)}
    made = amy.post(DRAFTS, body).json()
    placed = amy.post(f"{DRAFTS}{made['draft_id']}/send/").json()
    order = Order.objects.get()
    assert (order.user, order.email) == (ada.user, "ada@example.com")
    assert ada.get(f"/api/orders/{placed['order_id']}/").json()["events"][0]["actor"] == "staff"
    assert StockMovement.objects.get(reason=f"Order {order.pk}").actor == amy.user
    # The customer's own cart is another one.
    assert ada.get("/api/cart/").json()["cart_items"][0]["quantity"] == 1
    assert_audit_passes()


@pytest.mark.parametrize("window", [30, 7 * 24 * 60])
def test_an_order_of_a_draft_has_its_own_time_to_be_paid(
    amy, anyone, draft, settings, the_clock, window
):
    settings.ORDER_PAYMENT_WINDOW = window
    send = f"{DRAFTS}{draft.pk}/send/"
    placed = amy.post(send).json()
    order = Order.objects.get()
    span = order.pay_before - order.created_at
    assert timedelta(hours=71, minutes=59) < span <= timedelta(hours=72)
    settings.ORDER_LINK_DAYS = 0  # the link is valid as long as the order can be paid
    link = {"X-Order-Token": make_order_token(order)}
    the_clock.advance(hours=71)
    assert jobs.expire_orders() == 0
    assert amy.post(send).json()["pay_before"] == placed["pay_before"]
    path = f"/api/orders/{order.pk}/"
    assert anyone.get(path, headers=link).json()["can_pay"] is True
    the_clock.advance(hours=2)
    assert anyone.get(path, headers=link).json()["code"] == "order_token_invalid"
    late = amy.post(send)
    assert (late.status_code, late.json()["code"]) == (409, "draft_ordered")
    assert jobs.expire_orders() == 1
    assert (Order.objects.get().status, Product.objects.get().stock) == ("cancelled", 10)
    assert amy.post(send).status_code == 409


def test_a_draft_is_kept_longer_than_the_cart_of_a_guest_and_goes_with_its_customer(
    amy, ada, draft, tea
):

    CartItem.objects.update(changed_at=Now() - timedelta(days=40))
    Cart.objects.update(updated_at=Now() - timedelta(days=40))
    assert delete_old_carts(10) == 0
    CartItem.objects.update(changed_at=Now() - timedelta(days=200))
    Cart.objects.update(updated_at=Now() - timedelta(days=200))
    assert (delete_old_carts(10), Draft.objects.count()) == (1, 0)
    amy.post(DRAFTS, {"customer_id": ada.user.pk, "items": items_of(tea)})
    forget_carts(ada.user)
    assert (Draft.objects.count(), Cart.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_sent_at_once_places_one_order(amy, draft):
    placed = times(4, partial(send_draft, draft_id=draft.pk, actor=amy.user))
    assert len({each.row.pk for each in placed}) == 1
    assert sorted(each.is_new for each in placed) == [False, False, False, True]
    assert Product.objects.get().stock == 8


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_just_given_to_a_customer_becomes_the_customers_order(amy, ada, draft):
    def send():
        try:
            return send_draft(draft_id=draft.pk, actor=amy.user).row.user_id
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            changes = {"customer_id": ada.user.pk}
            change_draft(draft_id=draft.pk, changes=changes, may_override=False)
            late = pool.submit(send)
            until_blocked(1)
        assert late.result() == ada.user.pk


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_staff_change_meanwhile_is_ordered_as_it_was_or_as_it_is(amy, draft, tea):
    changes = {
        "items": [{"product_id": tea.pk, "quantity": 1, "price_override": Decimal("3.00")}],
        "email": "new@example.org",
    }

    def change():
        try:
            change_draft(draft_id=draft.pk, changes=changes, may_override=True)
        except DraftOrdered:
            return "too late"
        return "changed"

    changed, _ = at_once(change, lambda: send_draft(draft_id=draft.pk, actor=amy.user).row)
    order = Order.objects.get()
    as_it_was, as_it_is = ("8.00", "eve@example.org", 8), ("3.00", "new@example.org", 9)
    found = (str(order.total), order.email, Product.objects.get().stock)
    assert found == (as_it_is if changed == "changed" else as_it_was)
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_of_two_drafts_for_the_last_units_one_stays_a_draft(amy, draft, tea):
    body = {"items": items_of(tea), "email": "bob@example.org"}
    other = Draft.objects.get(pk=amy.post(DRAFTS, body).json()["draft_id"])
    CartItem.objects.update(quantity=6)

    def send(draft_id):
        try:
            return send_draft(draft_id=draft_id, actor=amy.user).is_new
        except OutOfStock:
            return False

    sent = at_once(*(partial(send, each.pk) for each in (draft, other)))
    assert (sorted(sent), Product.objects.get().stock) == ([False, True], 4)
    left = Draft.objects.get(cart__status="open")
    assert (left.sent_at, left.link_expires_at, Order.objects.count()) == (None, None, 1)
    assert Event.objects.filter(kind="draft.sent").count() == 1
    late = amy.post(f"{DRAFTS}{left.pk}/send/")
    assert (late.status_code, late.json()["code"]) == (409, "out_of_stock")
    assert_audit_passes()
