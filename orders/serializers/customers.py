"""Who placed an order, as staff see it."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from accounts.models import User
from orders.models import Order, OrderAddress
from shop.core.permissions import sees_all


class CustomerSerializer(serializers.Serializer[Any]):
    """Who placed an order. A guest has no `user_id` and no `username`."""

    user_id = serializers.IntegerField(allow_null=True)
    username = serializers.CharField(allow_null=True)
    name = serializers.CharField(help_text="Of the order's addresses, or of the account.")
    email = serializers.CharField()


def customers_of(orders: Sequence[Order], reader: User | None) -> dict[int, dict[str, Any]]:
    """Return the member ``customer`` of orders by order, for staff who see all orders.

    Nothing for other readers. Sends two statements.
    """
    if reader is None or not sees_all(reader, "orders.order"):
        return {}
    users = User.objects.in_bulk({order.user_id for order in orders if order.user_id})
    rows = OrderAddress.objects.filter(order__in=[order.pk for order in orders])
    # The shipping address comes last, so its name is the one that stays.
    names = dict(rows.order_by("kind").values_list("order_id", "name"))
    return {
        order.pk: {"customer": _customer(order, users.get(order.user_id or 0), names.get(order.pk))}
        for order in orders
    }


def _customer(order: Order, user: User | None, name: str | None) -> dict[str, Any]:
    return {
        "user_id": order.user_id,
        "username": None if user is None else user.username,
        "name": name or ("" if user is None else user.get_full_name()),
        "email": order.email or ("" if user is None else user.email),
    }
