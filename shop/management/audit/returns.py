"""The invariants of what came back: returned units, and refunded and cancelled amounts by item."""

from collections.abc import Iterator
from itertools import groupby

from orders.models import Order, OrderItem
from orders.refunding import ZERO, cancelled_amount
from orders.services import part_of
from shop.core.money import exponent, show
from shop.management.audit.sql import CHUNK, rows


def returned_units_match_their_returns() -> Iterator[str]:
    """The units that arrived for returns are returned, and those of them that were restocked."""
    for pk, returned, restocked, arrived, stocked in rows(
        """
        SELECT item.id, item.quantity_returned, item.quantity_restocked, back.arrived, back.stocked
        FROM orders_orderitem item
        JOIN (SELECT item_id, SUM(quantity_received) AS arrived, SUM(quantity_restocked) AS stocked
              FROM orders_returnitem GROUP BY item_id) back ON back.item_id = item.id
        WHERE back.arrived > item.quantity_returned OR back.stocked > item.quantity_restocked
        """
    ):
        yield (
            f"order item {pk} has {returned} units returned and {restocked} in stock again, but "
            f"{arrived} arrived for returns and {stocked} of them were restocked"
        )


def refunds_match_their_items() -> Iterator[str]:
    """I5: what is refunded of an item is the sum of its refunds that have not failed.

    Refunds of cancelled units do not count: those are not due.
    """
    for pk, units, amount, refunded_units, refunded in rows(
        """
        SELECT item.id, item.quantity_refunded, item.amount_refunded, COALESCE(back.units, 0),
               COALESCE(back.amount, 0)
        FROM orders_orderitem item
        LEFT JOIN (SELECT part.item_id, SUM(part.quantity) AS units, SUM(part.amount) AS amount
                   FROM payments_refunditem part
                   JOIN payments_refund refund ON refund.id = part.refund_id
                   WHERE refund.status <> 'failed' AND NOT refund.of_cancellation
                   GROUP BY part.item_id) back ON back.item_id = item.id
        WHERE item.quantity_refunded <> COALESCE(back.units, 0)
           OR ROUND(item.amount_refunded, 2) <> ROUND(COALESCE(back.amount, 0), 2)
        """
    ):
        yield (
            f"order item {pk} has {units} units and {amount} refunded, but its refunds have "
            f"{refunded_units} units and {refunded}"
        )


def refunds_have_at_most_their_amount_for_items() -> Iterator[str]:
    """I5: the items and the shipping of a refund are within its amount."""
    for pk, amount, parts in rows(
        """
        SELECT refund.id, refund.amount, SUM(part.amount) + refund.shipping
        FROM payments_refund refund JOIN payments_refunditem part ON part.refund_id = refund.id
        GROUP BY refund.id, refund.amount, refund.shipping
        HAVING ROUND(SUM(part.amount) + refund.shipping, 2) > ROUND(refund.amount, 2)
        """
    ):
        yield f"refund {pk} is of {amount}, but {parts} are for items and shipping"


def cancelled_amounts_match_their_items() -> Iterator[str]:
    """I3: what is cancelled of an order is what its cancelled units are worth.

    It is the whole total if no unit is left. Cancelled orders are not due at all.
    """
    orders = Order.objects.exclude(status="cancelled").filter(items__quantity_cancelled__gt=0)
    some = OrderItem.objects.filter(order__in=orders).select_related("order").order_by("order_id")
    for order, items in groupby(some.iterator(chunk_size=CHUNK), key=lambda item: item.order):
        parts = [part_of(order, item) for item in items]
        amount = sum(
            (cancelled_amount(part, part.units_cancelled, exponent()) for part in parts), ZERO
        )
        if all(part.units_cancelled == part.quantity for part in parts):
            amount = order.total
        if amount != order.amount_cancelled:
            stored = show(order.amount_cancelled)
            yield f"order {order.pk} has {stored} cancelled, but its units are worth {show(amount)}"
    for pk, amount in rows(
        """
        SELECT placed.id, placed.amount_cancelled FROM orders_order placed
        WHERE placed.amount_cancelled <> 0 AND NOT EXISTS (
            SELECT 1 FROM orders_orderitem item
            WHERE item.order_id = placed.id AND item.quantity_cancelled > 0)
        """
    ):
        yield f"order {pk} has {amount} cancelled, but no cancelled unit"
