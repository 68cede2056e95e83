"""The invariants of what was shipped, and of the statuses that follow from the rows of an order."""

from collections.abc import Iterator

from shop.management.audit.sql import rows

# What the previous release has shipped is recorded as a fulfilment with the next change.
_EARLIER = """(placed.status IN ('shipped', 'delivered')
               AND COALESCE(placed.fulfilment_status, '') NOT IN ('fulfilled', 'delivered'))
              OR (placed.status = 'delivered' AND placed.fulfilment_status <> 'delivered')"""
_UNITS = """
    SELECT placed.id, placed.status, placed.fulfilment_status, placed.paid_at,
           placed.total - placed.amount_cancelled AS due, placed.amount_paid,
           placed.amount_refunded, COALESCE(item.units, 0) AS units,
           COALESCE(sent.shipped, 0) AS shipped, COALESCE(sent.delivered, 0) AS delivered
    FROM orders_order placed
    LEFT JOIN (SELECT order_id, SUM(quantity - quantity_cancelled) AS units
               FROM orders_orderitem GROUP BY order_id) item ON item.order_id = placed.id
    LEFT JOIN (SELECT fulfilment.order_id,
                      SUM(CASE WHEN fulfilment.status IN ('shipped', 'delivered')
                          THEN part.quantity ELSE 0 END) AS shipped,
                      SUM(CASE WHEN fulfilment.status = 'delivered'
                          THEN part.quantity ELSE 0 END) AS delivered
               FROM orders_fulfilment fulfilment
               JOIN orders_fulfilmentitem part ON part.fulfilment_id = fulfilment.id
               GROUP BY fulfilment.order_id) sent ON sent.order_id = placed.id
"""


def shipped_quantities_match_fulfilments() -> Iterator[str]:
    """The shipped units of an item are those of its order's fulfilments, without cancelled ones."""
    for pk, shipped, units in rows(
        """
        SELECT item.id, item.quantity_fulfilled, COALESCE(part.units, 0)
        FROM orders_orderitem item
        LEFT JOIN (SELECT part.order_item_id, SUM(part.quantity) AS units
                   FROM orders_fulfilmentitem part
                   JOIN orders_fulfilment fulfilment ON fulfilment.id = part.fulfilment_id
                   WHERE fulfilment.status <> 'cancelled'
                   GROUP BY part.order_item_id) part ON part.order_item_id = item.id
        WHERE item.quantity_fulfilled <> COALESCE(part.units, 0)
        """
    ):
        yield f"order item {pk} has {shipped} units shipped, but its fulfilments have {units}"


def fulfilments_have_items_of_their_orders() -> Iterator[str]:
    """A fulfilment has items, and they belong to its order."""
    for pk, order_id, other in rows(
        """
        SELECT fulfilment.id, fulfilment.order_id, item.order_id
        FROM orders_fulfilment fulfilment
        LEFT JOIN orders_fulfilmentitem part ON part.fulfilment_id = fulfilment.id
        LEFT JOIN orders_orderitem item ON item.id = part.order_item_id
        WHERE item.id IS NULL OR item.order_id <> fulfilment.order_id
        """
    ):
        yield f"fulfilment {pk} of order {order_id} has no items, or those of order {other}"


def fulfilment_statuses_match_fulfilments() -> Iterator[str]:
    """How much of an order is shipped and delivered follows from its fulfilments."""
    for pk, stored, units, shipped, delivered in rows(
        f"""
        SELECT id, fulfilment_status, units, shipped, delivered
        FROM ({_UNITS}) placed
        WHERE fulfilment_status IS NOT NULL AND NOT ({_EARLIER}) AND fulfilment_status <>
              CASE WHEN shipped = 0 THEN 'unfulfilled' WHEN shipped < units THEN 'partly_fulfilled'
                   WHEN delivered < units THEN 'fulfilled' ELSE 'delivered' END
        """  # noqa: S608 - constants of this module
    ):
        yield (
            f"order {pk} is {stored}, but of {units} units {shipped} are shipped and "
            f"{delivered} delivered"
        )


def statuses_follow_from_rows() -> Iterator[str]:
    """The status of an order is the one that its amounts and fulfilments give.

    That it was cancelled or confirmed is a decision, which only the status itself records.
    """
    for pk, status, expected in rows(
        f"""
        SELECT id, status, expected
        FROM (SELECT placed.*, CASE
                WHEN amount_paid > 0 AND ROUND(amount_refunded, 2) = ROUND(amount_paid, 2)
                    THEN 'refunded'
                WHEN shipped > 0 AND delivered >= units THEN 'delivered'
                WHEN shipped > 0 AND shipped >= units THEN 'shipped'
                WHEN ROUND(amount_paid, 2) >= ROUND(due, 2)
                     AND (amount_paid > 0 OR paid_at IS NOT NULL) THEN 'paid'
                WHEN status = 'pending' THEN 'pending' ELSE 'confirmed' END AS expected
              FROM ({_UNITS}) placed) placed
        WHERE status <> 'cancelled' AND due > 0 AND status <> expected AND NOT ({_EARLIER})
        """  # noqa: S608 - constants of this module
    ):
        yield f"order {pk} is {status}, but its amounts and fulfilments make it {expected}"


def payment_statuses_match_amounts() -> Iterator[str]:
    """The payment status that is stored for an order with money follows from its amounts.

    The previous release changes amounts without it, and leaves it null for orders of its own.
    """
    for pk, stored, expected in rows(
        """
        SELECT id, payment_status, expected
        FROM (SELECT placed.id, placed.payment_status, CASE
                WHEN ROUND(amount_refunded, 2) = ROUND(amount_paid, 2) THEN 'refunded'
                WHEN ROUND(amount_paid - amount_refunded, 2) > ROUND(total - amount_cancelled, 2)
                    THEN 'overpaid'
                WHEN amount_refunded > 0 THEN 'partly_refunded'
                WHEN ROUND(amount_paid, 2) >= ROUND(total - amount_cancelled, 2) THEN 'paid'
                ELSE 'partly_paid' END AS expected
              FROM orders_order placed WHERE amount_paid > 0) placed
        WHERE payment_status IS NOT NULL AND payment_status <> expected
        """
    ):
        yield f"order {pk} is stored as {stored}, but its amounts make it {expected}"
