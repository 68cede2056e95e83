"""The filters and the ordering of GET /api/orders/."""

from datetime import UTC, datetime

import pytest

from orders.factories import place_order
from orders.models import Order
from orders.states import OrderStatus

LIST = "/api/orders/"


@pytest.fixture
def orders(ada, bob, tea):
    """Three orders of ada, of 1, 2 and 3 November, and one of bob."""
    placed = [place_order(ada.user, tea) for _ in range(3)]
    for day, order in enumerate(placed, start=1):
        Order.objects.filter(pk=order.pk).update(created_at=datetime(2026, 11, day, 12, tzinfo=UTC))
    Order.objects.filter(pk=placed[0].pk).update(status=OrderStatus.CANCELLED)
    Order.objects.filter(pk=placed[1].pk).update(status=OrderStatus.CONFIRMED)
    place_order(bob.user, tea)
    return placed


def numbers(client, query, orders):
    """Return which of the orders a list has, from 1."""
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer.content
    places = {order.pk: place for place, order in enumerate(orders, start=1)}
    return [places.get(order["order_id"], 0) for order in answer.json()["orders"]]


def test_orders_are_filtered_and_sorted(ada, orders):
    for query, expected in [
        ("", [3, 2, 1]),
        ("status=cancelled", [1]),
        ("status=cancelled&status=confirmed", [2, 1]),
        ("status=paid", []),
        ("created_after=2026-11-02T12:00:00Z", [3, 2]),
        ("created_after=2026-11-02T12:00:00.000001Z", [3]),
        ("created_before=2026-11-02T12:00:00Z", [1]),
        ("created_after=2026-11-02&created_before=2026-11-03", [2]),
        ("created_after=2026-11-02T14:00:00%2B02:00", [3, 2]),
        ("created_after=2026-11-02T14:00:00+02:00", [3, 2]),
        ("ordering=created_at", [1, 2, 3]),
        ("ordering=-created_at&page_size=1&page=2", [2]),
        ("status=pending&ordering=created_at", [3]),
    ]:
        assert numbers(ada, query, orders) == expected, query


def test_a_filter_shows_no_orders_of_other_buyers(ada, bob, amy, orders):
    assert numbers(bob, "status=pending", orders) == [0]
    assert numbers(ada, "status=pending", orders) == [3]


def test_links_keep_the_filters(ada, orders):
    first = ada.get(f"{LIST}?ordering=created_at&page_size=2").json()
    assert first["count"] == 3
    assert [order["order_id"] for order in ada.get(first["next"]).json()["orders"]] == [
        orders[2].pk
    ]


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("status=payed", "status", "one of: pending, confirmed, paid, shipped"),
        ("status=", "status", "one of: pending"),
        ("ordering=total", "ordering", "one of: created_at, -created_at."),
        ("created_after=yesterday", "created_after", "a date or a time in ISO 8601"),
        ("created_after=2026-02-30", "created_after", "a date or a time in ISO 8601"),
        ("created_after=0001-01-01T00:00:00%2B14:00", "created_after", "a date or a time"),
        ("created_before=2026-11-02&created_before=2026-11-03", "created_before", "at most once"),
        ("stauts=paid", "stauts", 'did you mean "status"?'),
        ("createdAfter=2026-11-02", "createdAfter", 'did you mean "created_after"?'),
    ],
)
def test_an_error_says_what_is_allowed(ada, query, field, sentence):
    answer = ada.get(f"{LIST}?{query}")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, field)
    assert sentence in error["detail"]
