"""What has to be paid for the units of an order that are in fulfilments."""

from decimal import Decimal

from orders.models import Order, OrderItem
from orders.refunding import amount_of_first
from orders.services.refunding import part_of
from orders.shown import is_shipped_by_status_alone
from shop.core.money import ZERO, add_up, exponent


def due_with_fulfilments(order: Order) -> Decimal:
    """Return what has to be paid in all with the fulfilments so far, in the order's currency.

    That is what their units are worth. With the last fulfilment all that is left is due: units that
    returned to stock before they were shipped were refunded, also if they were not paid yet.
    """
    items = list(OrderItem.objects.filter(order=order))
    if not any(item.quantity_left > 0 for item in items):
        return order.total_due
    return _worth(order, items)


def worth_of_fulfilments(order: Order) -> Decimal:
    """Return what the units in fulfilments cost, in the order's currency.

    An item counts with its discount and tax, in proportion to its units. Shipping and fee count
    with the first fulfilment. An order that the previous release shipped is shipped as a whole.
    """
    if is_shipped_by_status_alone(order):
        return order.total_due
    return _worth(order, list(OrderItem.objects.filter(order=order)))


def _worth(order: Order, items: list[OrderItem]) -> Decimal:
    if not any(item.quantity_fulfilled for item in items):
        return ZERO
    parts = {item: part_of(order, item) for item in items}
    shipping_and_fee = order.total - add_up(part.total for part in parts.values())
    shares = (
        amount_of_first(part, item.quantity_fulfilled, exponent()) for item, part in parts.items()
    )
    worth: Decimal = shipping_and_fee + add_up(shares)
    return min(order.total_due, worth)
