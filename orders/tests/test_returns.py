"""Returns: POST /api/orders/{id}/returns/, and what staff do at /api/returns/."""

from datetime import timedelta
from functools import partial

import pytest
from django.db.models import F

from catalog.models import Product, StockMovement
from orders import services
from orders.factories import place_order
from orders.models import Fulfilment, Order, OrderItem, Return, ReturnItem
from orders.states import OrderStatus
from orders.tokens import make_order_token
from payments.factories import pay
from payments.models import Refund
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import times


@pytest.fixture
def order(ada, amy, tea):
    """An order of three units of tea (13.50), which is paid and shipped."""
    placed = place_order(ada.user, tea, quantity=3)
    pay(placed)
    services.ship_order(order_id=placed.pk, actor=amy.user)
    services.refresh_statuses(placed.pk)
    return placed


def path(order):
    return f"/api/orders/{order.pk}/returns/"


def units(product, quantity, **others):
    return {"items": [{"product_id": product.pk, "quantity": quantity, **others}]}


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Order, OrderItem, Return, ReturnItem, Refund, Product, StockMovement)
    ]


def test_a_buyer_returns_two_units_and_gets_their_price(ada, amy, tea, order):
    asked = ada.post(path(order), units(tea, 2) | {"kind": "complaint", "reason": "Stale"})
    row = Return.objects.get()
    assert (asked.status_code, asked["Location"]) == (201, f"/api/returns/{row.pk}/")
    body = asked.json()
    assert body == {
        "return_id": row.pk,
        "order_id": order.pk,
        "status": "requested",
        "kind": "complaint",
        "resolution": "refund",
        "reason": "Stale",
        "note": "",
        "answer": "",
        "items": [
            {
                "product_id": tea.pk,
                "name": "Tea",
                "quantity": 2,
                "quantity_received": 0,
                "quantity_restocked": 0,
            }
        ],
        "created_at": body["created_at"],
        "decided_at": None,
        "received_at": None,
        "closed_at": None,
    }
    assert ada.get(path(order)).json()["returns"] == [body]
    assert Order.objects.get().return_status == "requested"
    one = f"/api/returns/{row.pk}/"
    approved = amy.post(f"{one}approve/", {"answer": "Send it to us."}).json()
    assert (approved["status"], approved["answer"]) == ("approved", "Send it to us.")
    received = amy.post(f"{one}receive/", units(tea, 2, restock=True)).json()
    assert received["items"][0] | {"quantity": 2} == {
        "product_id": tea.pk,
        "name": "Tea",
        "quantity": 2,
        "quantity_received": 2,
        "quantity_restocked": 2,
    }
    assert Product.objects.get().stock == 9
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.delta, movement.actor) == ("return", 2, amy.user)
    refunded = amy.post(f"/api/orders/{order.pk}/refunds/", {"return_id": row.pk})
    assert refunded.status_code == 201
    assert (refunded.json()["amount"], len(refunded.json()["refunds"])) == ("9.00", 1)
    assert ada.get(one).json()["status"] == "closed"
    shown = ada.get(f"/api/orders/{order.pk}/").json()
    assert (shown["status"], shown["amount_refunded"]) == ("shipped", "9.00")
    notes = [event["note"] for event in shown["events"][-5:]]
    assert notes == [
        "Return requested",
        "Return approved",
        "Return received",
        "Refunded 9.00",
        "Return closed",
    ]
    kinds = Event.objects.filter(kind__startswith="order.return").values_list("kind", "data")
    assert list(kinds.order_by("pk")) == [
        (f"order.return_{name}", {"return_id": row.pk, "kind": "complaint"})
        for name in ("requested", "approved", "received", "closed")
    ]
    item = OrderItem.objects.get()
    assert (item.quantity_returned, item.quantity_restocked, item.quantity_refunded) == (2, 2, 2)
    assert str(item.amount_refunded) == "9.00"
    assert Order.objects.get().return_status == "partly_returned"
    assert_audit_passes()


def test_a_guest_returns_units_by_the_token_of_the_order(anyone, bob, tea, order):
    Order.objects.update(user=None, email="guest@example.com")
    headers = {"X-Order-Token": make_order_token(order)}
    asked = anyone.post(path(order), units(tea, 1), headers=headers)
    assert asked.status_code == 201
    one = asked["Location"]
    assert anyone.get(one, headers=headers).json() == asked.json()
    before = rows()
    assert anyone.post(path(order), units(tea, 1)).status_code == 401
    assert bob.post(path(order), units(tea, 1)).status_code == 404
    assert bob.get(path(order)).status_code == 404
    assert bob.get(one).status_code == 404
    assert bob.post(f"{one}approve/").status_code == 403
    assert bob.get("/api/returns/").json()["returns"] == []
    assert rows() == before
    event = order.events.latest("pk")
    assert (event.note, event.actor, event.by_guest) == ("Return requested", None, True)


def test_units_are_counted_over_all_returns(ada, amy, tea, order):
    first = ada.post(path(order), units(tea, 2)).json()["return_id"]
    before = rows()
    answer = ada.post(path(order), units(tea, 2))
    assert (answer.status_code, answer.json()["code"]) == (409, "return_limit")
    assert answer.json()["available"] == 1
    assert answer.json()["detail"] == "1 unit of Tea can still be returned."
    assert answer.json()["reason"] == "quantity"
    assert ada.post(path(order), units(tea, 1)).status_code == 201
    none = ada.post(path(order), units(tea, 1)).json()
    assert (none["reason"], none["available"]) == ("in_return", 0)
    assert none["detail"] == "All shipped units of Tea are part of a return already."
    second = Return.objects.latest("pk").pk
    assert amy.post(f"/api/returns/{second}/reject/", {"answer": "No"}).status_code == 200
    before = rows()
    unknown = ada.post(path(order), {"items": [{"product_id": 10**9, "quantity": 1}]})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "item_not_in_order")
    twice = ada.post(path(order), {"items": units(tea, 1)["items"] * 2})
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (400, "items")
    assert rows() == before
    assert amy.post(f"/api/returns/{first}/reject/", {"answer": "Opened"}).status_code == 200
    assert ada.post(path(order), units(tea, 3)).status_code == 201
    assert Order.objects.get().return_status == "requested"
    assert_audit_passes()


def test_returns_are_possible_for_a_time_after_the_arrival(ada, amy, tea, order, settings):
    settings.RETURN_WINDOW_DAYS = 14
    shipped = Fulfilment.objects.all()
    shipped.update(created_at=F("created_at") - timedelta(days=15))
    before = rows()
    answer = ada.post(path(order), units(tea, 1))
    assert (answer.status_code, answer.json()["code"]) == (409, "return_window_closed")
    assert (
        answer.json()["detail"]
        == "Items can be returned within 14 days of their arrival. This time is over."
    )
    assert rows() == before
    assert amy.post(path(order), units(tea, 1)).status_code == 201
    services.deliver_order(order_id=order.pk, actor=amy.user)
    assert ada.post(path(order), units(tea, 1)).status_code == 201


def test_the_order_says_what_can_be_returned(ada, amy, anyone, tea, order, settings):
    def shown(caller=ada, **headers):
        body = caller.get(f"/api/orders/{order.pk}/", headers=headers).json()
        return body["can_return"], body["items"][0]["quantity_returnable"]

    link = {"X-Order-Token": make_order_token(order)}
    assert shown() == shown(anyone, **link) == (True, 3)
    first = ada.post(path(order), units(tea, 1)).json()["return_id"]
    assert shown() == (True, 2)
    ada.post(path(order), units(tea, 2))
    assert shown() == (False, 0)
    amy.post(f"/api/returns/{first}/reject/", {"answer": "Opened"})
    assert shown() == (True, 1)
    settings.RETURN_WINDOW_DAYS = 14
    Fulfilment.objects.update(created_at=F("created_at") - timedelta(days=15))
    assert shown() == (False, 1)
    services.deliver_order(order_id=order.pk, actor=amy.user)
    assert shown() == (True, 1)


def test_a_cancelled_fulfilment_does_not_prolong_the_time_for_returns(ada, amy, tea, settings):
    placed = place_order(ada.user, tea, quantity=2)
    pay(placed)
    fulfilments = f"/api/orders/{placed.pk}/fulfilments/"
    one = {"items": [{"product_id": tea.pk, "quantity": 1}]}
    first, second = [amy.post(fulfilments, one).json()["fulfilment_id"] for _ in range(2)]
    settings.RETURN_WINDOW_DAYS = 14
    Fulfilment.objects.filter(pk=first).update(created_at=F("created_at") - timedelta(days=15))
    detail = f"/api/orders/{placed.pk}/"
    assert ada.get(detail).json()["can_return"] is True
    assert amy.post(f"{fulfilments}{second}/cancel/").status_code == 200
    assert ada.get(detail).json()["can_return"] is False
    assert ada.post(path(placed), units(tea, 1)).status_code == 409
    assert not Return.objects.exists()


def test_an_order_of_the_release_before_can_be_returned(ada, tea):
    placed = place_order(ada.user, tea)
    assert ada.get(f"/api/orders/{placed.pk}/").json()["can_return"] is False
    Order.objects.update(status=OrderStatus.SHIPPED)
    body = ada.get(f"/api/orders/{placed.pk}/").json()
    assert (body["can_return"], body["items"][0]["quantity_returnable"]) == (True, 1)
    assert ada.post(path(placed), units(tea, 1)).status_code == 201


def test_units_that_were_not_shipped_cannot_be_returned(ada, tea):
    placed = place_order(ada.user, tea)
    answer = ada.post(path(placed), units(tea, 1))
    assert (answer.status_code, answer.json()["available"]) == (409, 0)
    assert answer.json()["reason"] == "not_shipped"
    assert answer.json()["detail"] == "Tea has not been shipped yet, and cannot be returned."
    assert not Return.objects.exists()


def test_a_return_takes_its_steps_in_their_order(ada, amy, tea, order):
    return_id = ada.post(path(order), units(tea, 2)).json()["return_id"]
    one, refunds = f"/api/returns/{return_id}/", f"/api/orders/{order.pk}/refunds/"
    before = rows()
    for step in ("receive", "close"):
        answer = amy.post(f"{one}{step}/")
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    answer = amy.post(refunds, {"return_id": return_id})
    assert answer.json()["detail"] == "A return that is requested cannot be refunded."
    assert rows() == before
    amy.post(f"{one}approve/", {"resolution": "replacement"})
    before = rows()
    too_many = amy.post(f"{one}receive/", units(tea, 3)).json()
    assert (too_many["code"], too_many["reason"]) == ("return_limit", "not_announced")
    assert too_many["detail"] == "This return is about 2 units of Tea."
    assert amy.post(f"{one}reject/").status_code == 409
    assert rows() == before
    received = amy.post(f"{one}receive/", units(tea, 1)).json()
    assert received["items"][0]["quantity_received"] == 1
    assert Product.objects.get().stock == 7
    closed = amy.post(f"{one}close/").json()
    assert (closed["status"], closed["resolution"]) == ("closed", "replacement")
    assert ada.get("/api/returns/", {"status": "closed"}).json()["returns"] == [closed]
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_do_not_return_more_units_than_were_shipped(ada, tea, order):
    answers = times(5, partial(ada.post, path(order), units(tea, 2)))
    assert statuses(answers) == {201: 1, 409: 4}
    assert ReturnItem.objects.get().quantity == 2


@pytest.mark.django_db(transaction=True)
def test_parallel_receipts_return_the_stock_once(ada, amy, tea, order):
    return_id = ada.post(path(order), units(tea, 2)).json()["return_id"]
    amy.post(f"/api/returns/{return_id}/approve/")
    receive = partial(amy.post, f"/api/returns/{return_id}/receive/", {"restock": True})
    assert statuses(times(5, receive)) == {200: 1, 409: 4}
    assert Product.objects.get().stock == 9
    assert_audit_passes()


def test_refunds_of_a_return_are_limited_to_its_units(ada, amy, tea, order):
    refunds = f"/api/orders/{order.pk}/refunds/"
    empty = ada.post(path(order), units(tea, 1)).json()["return_id"]
    amy.post(f"/api/returns/{empty}/approve/")
    amy.post(f"/api/returns/{empty}/receive/", units(tea, 0))
    return_id = ada.post(path(order), units(tea, 2)).json()["return_id"]
    one = f"/api/returns/{return_id}/"
    amy.post(f"{one}approve/")
    before = rows()
    nothing = amy.post(refunds, {"return_id": empty})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "refund_limit")
    assert nothing.json()["refundable"] == "0.00"
    more = amy.post(refunds, {"return_id": return_id} | units(tea, 3))
    assert (more.json()["code"], more.json()["available"]) == ("refund_units_limit", 2)
    restock = amy.post(refunds, {"return_id": return_id, "restock": True})
    assert (restock.status_code, restock.json()["errors"]) == (
        400,
        [
            {
                "field": "restock",
                "code": "invalid",
                "detail": "Receive the return to restock its units.",
            }
        ],
    )
    assert rows() == before
    assert amy.post(refunds, {"return_id": return_id}).json()["amount"] == "9.00"
    before = rows()
    again = amy.post(refunds, {"return_id": return_id})
    assert (again.status_code, again.json()["refundable"]) == (409, "0.00")
    assert rows() == before
    assert amy.post(f"{one}receive/", {"restock": True}).status_code == 200
    assert Product.objects.get().stock == 9
    assert_audit_passes()
