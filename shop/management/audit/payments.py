"""The invariants of an order's payments, which together never exceed what is due."""

from collections.abc import Iterator

from shop.management.audit.sql import rows


def orders_have_one_active_payment() -> Iterator[str]:
    """I4: an order has at most one payment of the whole that is open or succeeded."""
    for pk, count in rows(
        """
        SELECT order_id, COUNT(*) FROM payments_payment
        WHERE status IN ('pending', 'requires_action', 'processing', 'authorised', 'succeeded')
              AND NOT is_partial
        GROUP BY order_id HAVING COUNT(*) > 1
        """
    ):
        yield f"order {pk} has {count} payments that are open or succeeded"


def payments_match_their_orders() -> Iterator[str]:
    """I4: a payment has the currency of its order, and is of what was due, or of a part of it.

    Items may have been cancelled before or after. A payment that failed or was cancelled may have
    had another fee, also if its money came late.
    """
    for pk, amount, total in rows(
        """
        SELECT payment.id, payment.amount, placed.total
        FROM payments_payment payment JOIN orders_order placed ON placed.id = payment.order_id
        WHERE payment.currency <> placed.currency
           OR (NOT payment.is_late AND payment.status NOT IN ('failed', 'cancelled')
               AND (ROUND(payment.amount, 2) > ROUND(placed.total, 2)
                    OR (NOT payment.is_partial AND ROUND(payment.amount, 2)
                        < ROUND(placed.total - placed.amount_cancelled, 2))))
        """
    ):
        yield f"payment {pk} is of {amount}, but its order of {total}"


def committed_amounts_match_payments() -> Iterator[str]:
    """I4: the committed amount of an order is what its payments bring or may bring, at most all.

    An earlier release, which knows no partial payments, leaves 0. It begins no payment of an order
    of which a part is paid or being paid. But it pays back a part that it settles, as late, and may
    then take the whole. So a late part does not count.
    """
    for pk, committed, covered in rows(
        """
        SELECT placed.id, placed.amount_committed, COALESCE(live.total, 0)
        FROM orders_order placed
        LEFT JOIN (SELECT order_id,
                   MAX(CASE WHEN is_partial AND NOT is_late
                                 AND status NOT IN ('failed', 'cancelled')
                       THEN 1 ELSE 0 END) AS partial,
                   SUM(CASE WHEN status IN ('pending', 'requires_action', 'processing',
                                            'authorised') THEN amount
                       WHEN status IN ('succeeded', 'refunded') AND NOT is_late
                       THEN amount_captured + amount_capturable ELSE 0 END) AS total
                   FROM payments_payment GROUP BY order_id) live ON live.order_id = placed.id
        WHERE ROUND(placed.amount_committed, 2) <> ROUND(
                  CASE WHEN COALESCE(live.total, 0) > placed.total THEN placed.total
                  ELSE COALESCE(live.total, 0) END, 2)
              AND (placed.amount_committed <> 0 OR COALESCE(live.partial, 0) = 1)
        """
    ):
        yield f"order {pk} has {committed} committed, but its payments cover {covered}"
