"""POST /api/orders/{id}/fulfilments/, …/deliver/ and …/cancel/, and what the order shows."""

from functools import partial

import pytest
from django.db.models import F

from catalog.factories import ProductFactory
from orders.factories import bare_orders, place_order
from orders.models import Fulfilment, Order, OrderItem
from orders.services import confirm_order, record_payment, record_refund
from payments.factories import pay
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once

TRACKING = {
    "carrier": "DHL",
    "tracking_number": "00340434161094042557",
    "tracking_url": "https://example.com/track/1",
}


@pytest.fixture
def cup(db):
    return ProductFactory(name="Cup", price="0.10")


@pytest.fixture
def order(ada, tea, cup):
    """A paid order of two teas and two cups."""
    placed = place_order(ada.user, tea, cup, quantity=2)
    pay(placed)
    return placed


def path(order, step=""):
    return f"/api/orders/{order.pk}/fulfilments/{step}"


def units(*pairs):
    return [{"product_id": product.pk, "quantity": quantity} for product, quantity in pairs]


def shown(caller, order):
    body = caller.get(f"/api/orders/{order.pk}/").json()
    return body["status"], body["payment_status"], body["fulfilment_status"]


def left():
    return [item.quantity_left for item in OrderItem.objects.order_by("pk")]


def test_an_order_is_shipped_in_parts_and_arrives(ada, amy, tea, cup, order):
    first = amy.post(path(order), {"items": units((tea, 2), (cup, 1)), **TRACKING})
    assert first.status_code == 201, first.content
    body = first.json()
    assert first["Location"] == path(order, f"{body['fulfilment_id']}/")
    assert body == {
        "fulfilment_id": body["fulfilment_id"],
        "order_id": order.pk,
        "status": "shipped",
        **TRACKING,
        "items": [
            {"product_id": tea.pk, "name": "Tea", "quantity": 2},
            {"product_id": cup.pk, "name": "Cup", "quantity": 1},
        ],
        "actor": "amy",
        "created_at": body["created_at"],
        "delivered_at": None,
        "cancelled_at": None,
    }
    assert shown(ada, order) == ("paid", "paid", "partly_fulfilled")
    assert ada.get(f"/api/orders/{order.pk}/").json()["fulfilments"] == [{**body, "actor": "staff"}]
    rest = amy.post(path(order)).json()
    assert rest["items"] == [{"product_id": cup.pk, "name": "Cup", "quantity": 1}]
    assert shown(ada, order) == ("shipped", "paid", "fulfilled")
    for number, fulfilment in enumerate((body, rest)):
        answer = amy.post(path(order, f"{fulfilment['fulfilment_id']}/deliver/"))
        assert (answer.status_code, answer.json()["status"]) == (200, "delivered")
        assert answer.json()["delivered_at"] is not None
        expected = [("shipped", "fulfilled"), ("delivered", "delivered")][number]
        assert shown(ada, order)[::2] == expected
    notes = order.events.order_by("pk").values_list("status", "note")
    assert list(notes)[2:] == [
        ("paid", "3 units shipped"),
        ("shipped", "1 unit shipped"),
        ("shipped", "Delivered"),
        ("delivered", "Delivered"),
    ]
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[-6:] == [
        "fulfilment.shipped",
        "fulfilment.shipped",
        "order.shipped",
        "fulfilment.delivered",
        "fulfilment.delivered",
        "order.delivered",
    ]
    assert_audit_passes()


def test_a_cancelled_fulfilment_can_be_shipped_again(ada, amy, order):
    first = amy.post(path(order)).json()["fulfilment_id"]
    answer = amy.post(path(order, f"{first}/cancel/"))
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert shown(ada, order) == ("paid", "paid", "unfulfilled")
    assert left() == [2, 2]
    again = amy.post(path(order, f"{first}/cancel/"))
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert (again.json()["fulfilment_status"], again.json()["wanted"]) == ("cancelled", "cancelled")
    second = amy.post(path(order)).json()["fulfilment_id"]
    amy.post(path(order, f"{second}/deliver/"))
    late = amy.post(path(order, f"{second}/cancel/"))
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
    assert shown(ada, order) == ("delivered", "paid", "delivered")
    assert_audit_passes()


def test_a_fulfilment_of_which_units_were_returned_cannot_be_cancelled(amy, tea, order):
    first = amy.post(path(order)).json()["fulfilment_id"]
    OrderItem.objects.filter(product=tea).update(quantity_returned=1)
    answer = amy.post(path(order, f"{first}/cancel/"))
    assert (answer.status_code, answer.json()["code"]) == (409, "units_returned")
    assert left() == [0, 0]
    assert Fulfilment.objects.get().status == "shipped"


def test_what_cannot_be_shipped_changes_nothing(ada, bob, amy, tea, cup, order):
    pending = place_order(ada.user, tea)
    other = ProductFactory()
    refused = [
        (pending, {}, 409, "illegal_transition"),
        (order, {"items": units((tea, 3))}, 409, "fulfilment_limit"),
        (order, {"items": units((tea, 1), (other, 1))}, 400, "item_not_in_order"),
        (order, {"items": units((tea, 1), (tea, 1))}, 400, "invalid"),
        (order, {"items": units((tea, 0))}, 400, "invalid"),
        (order, {"items": []}, 400, "invalid"),
        (order, {"tracking_url": "javascript:alert(1)"}, 400, "invalid"),
        (order, {"tracking": "1"}, 400, "unknown_field"),
    ]
    for target, body, status, code in refused:
        answer = amy.post(path(target), body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    assert amy.post(path(order), {"items": units((tea, 3))}).json()["available"] == 2
    Order.objects.filter(pk=order.pk).update(shipping_held=True)
    assert amy.post(path(order)).json()["code"] == "shipping_held"
    assert [caller.post(path(order)).status_code for caller in (ada, bob)] == [403, 403]
    assert amy.post("/api/orders/999999/fulfilments/").status_code == 404
    assert not Fulfilment.objects.exists()
    assert left() == [2, 2, 1]
    assert shown(ada, order) == ("paid", "paid", "unfulfilled")


def test_a_fulfilment_is_found_under_its_own_order_alone(ada, amy, tea, order):
    other = place_order(ada.user, tea)
    pk = amy.post(path(order)).json()["fulfilment_id"]
    for step in ("deliver", "cancel"):
        assert amy.post(path(other, f"{pk}/{step}/")).status_code == 404
        assert ada.post(path(order, f"{pk}/{step}/")).status_code == 403
    assert Fulfilment.objects.get().status == "shipped"


def test_a_refunded_order_can_be_shipped_unless_its_units_are_in_stock_again(ada, amy, tea):
    kept, restocked = place_order(ada.user, tea), place_order(ada.user, tea)
    for each in (kept, restocked):
        assert record_payment(order_id=each.pk, amount=each.total, actor=None)
        is_restocked = each == restocked
        record_refund(order_id=each.pk, amount=each.total, restock=is_restocked, actor=amy.user)
    assert amy.post(path(kept)).status_code == 201
    assert shown(ada, kept) == ("refunded", "refunded", "fulfilled")
    pk = Fulfilment.objects.get().pk
    assert amy.post(path(kept, f"{pk}/deliver/")).status_code == 200
    assert shown(ada, kept) == ("refunded", "refunded", "delivered")
    answer = amy.post(path(restocked))
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


def test_an_order_that_is_partly_shipped_cannot_be_cancelled(ada, amy, tea):
    order = place_order(ada.user, tea, quantity=2)
    confirm_order(order_id=order.pk, actor=None)
    amy.post(path(order), {"items": units((tea, 1))})
    body = ada.get(f"/api/orders/{order.pk}/").json()
    assert (body["status"], body["can_cancel"]) == ("confirmed", False)
    answer = ada.post(f"/api/orders/{order.pk}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert shown(ada, order) == ("confirmed", "unpaid", "partly_fulfilled")


def test_an_order_that_was_shipped_unpaid_can_still_be_paid(ada, amy, tea):
    order = place_order(ada.user, tea)
    confirm_order(order_id=order.pk, actor=None)
    amy.post(path(order))
    body = ada.get(f"/api/orders/{order.pk}/").json()
    assert (body["amount_due"], body["payment_required"], body["can_pay"]) == ("4.50", True, True)


def test_a_duplicate_request_ships_once(amy, tea, order):
    send = partial(
        amy.post, path(order), {"items": units((tea, 1))}, headers={"Idempotency-Key": "k"}
    )
    first, second = send(), send()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"
    assert left() == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_no_more_is_shipped_than_was_ordered_and_not_cancelled(ada, amy, tea, cup):
    """Twelve requests for the same units, while items are cancelled as another service does."""
    order = place_order(ada.user, tea, cup, quantity=5)
    confirm_order(order_id=order.pk, actor=None)
    ship = partial(amy.post, path(order), {"items": units((tea, 1), (cup, 2))})

    def cancel_unit():
        items = OrderItem.objects.filter(order=order, product=tea)
        taken = F("quantity_cancelled") + F("quantity_fulfilled")
        free = items.filter(quantity__gt=taken)
        return free.update(quantity_cancelled=F("quantity_cancelled") + 1)

    *answers, cancelled = at_once(*[ship] * 11, cancel_unit)
    assert (statuses(answers), cancelled) == ({201: 2, 409: 9}, 1)
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"fulfilment_limit"}
    rows = OrderItem.objects.order_by("pk").values_list("quantity_fulfilled", flat=True)
    assert list(rows) == [2, 4]
    assert Fulfilment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_order_is_either_cancelled_or_shipped(ada, amy, tea):
    for _ in range(3):
        order = place_order(ada.user, tea)
        confirm_order(order_id=order.pk, actor=None)
        cancel = partial(ada.post, f"/api/orders/{order.pk}/cancel/")
        answers = at_once(partial(amy.post, path(order)), cancel)
        assert sorted(a.status_code for a in answers) in ([200, 409], [201, 409])
        order.refresh_from_db()
        is_shipped = order.fulfilments.exists()
        assert order.status == ("shipped" if is_shipped else "cancelled")
    assert_audit_passes()


def test_staff_confirm_a_pending_order(ada, amy, tea):
    order = place_order(ada.user, tea)
    confirm = f"/api/orders/{order.pk}/confirm/"
    assert ada.post(confirm).status_code == 403
    answer = amy.post(confirm)
    assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
    entry = order.events.latest("pk")
    assert (entry.status, entry.note, entry.actor) == ("confirmed", "Confirmed by staff", amy.user)
    again = amy.post(confirm)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert amy.post(path(order)).status_code == 201


def test_only_staff_see_who_placed_an_order(ada, amy, tea):
    ada.user.first_name, ada.user.last_name = "Ada", "Lovelace"
    ada.user.save()
    order = place_order(ada.user, tea)
    customer = {
        "user_id": ada.user.pk,
        "username": "ada",
        "name": "Ada Lovelace",
        "email": ada.user.email,
    }
    for url in ("/api/orders/", f"/api/orders/{order.pk}/"):
        bodies = [caller.get(url).json() for caller in (amy, ada)]
        seen, own = [body.get("orders", [body])[0] for body in bodies]
        assert seen["customer"] == customer
        assert "customer" not in own


def test_the_statuses_filter_orders_also_those_of_the_previous_release(amy, ada):
    placed = {}
    for name, columns in {
        "new": {"payment_status": "paid", "fulfilment_status": "partly_fulfilled"},
        "null": {"status": "pending"},
        "shipped": {"status": "shipped"},
        "behind": {"status": "shipped", "fulfilment_status": "unfulfilled"},
        "delivered": {"status": "delivered", "amount_paid": "4.50"},
        "refunded": {"amount_paid": "4.50", "amount_refunded": "4.50", "status": "refunded"},
        "returned": {
            "status": "shipped",
            "restocked_at": ada.user.date_joined,
            "amount_paid": "4.00",
        },
        "restocked": {"restocked_at": ada.user.date_joined},
    }.items():
        [placed[name]] = bare_orders(1)
        Order.objects.filter(pk=placed[name].pk).update(**columns)
    for query, expected in {
        "payment_status=unpaid": "null shipped behind restocked",
        "payment_status=paid": "new delivered",
        "payment_status=refunded&payment_status=partly_paid": "refunded returned",
        "fulfilment_status=unfulfilled": "null refunded restocked",
        "fulfilment_status=partly_fulfilled": "new",
        "fulfilment_status=fulfilled": "shipped behind returned",
        "fulfilment_status=delivered": "delivered",
        "return_status=returned": "returned",
        "fulfilment_status=delivered&payment_status=unpaid": "",
    }.items():
        found = {row["order_id"] for row in amy.get(f"/api/orders/?{query}").json()["orders"]}
        assert found == {placed[name].pk for name in expected.split()}, query
    assert amy.get("/api/orders/?fulfilment_status=lost").status_code == 400
