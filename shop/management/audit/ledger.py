"""The invariants of the ledger: what payments, refunds and orders show is recomputed from it."""

from collections.abc import Iterator

from shop.management.audit.sql import rows


def payments_are_what_the_ledger_says() -> Iterator[str]:
    """I5: status and captured amount of a payment follow from its last entry."""
    for pk, status, captured, kind, entered in rows(
        """
        SELECT payment.id, payment.status, payment.amount_captured, COALESCE(entry.kind, ''),
               CASE entry.kind WHEN 'captured' THEN entry.amount ELSE 0 END
        FROM payments_payment payment
        LEFT JOIN (SELECT payment_id, MAX(id) AS id FROM payments_ledgerentry
                   WHERE kind <> 'refunded' GROUP BY payment_id) latest
            ON latest.payment_id = payment.id
        LEFT JOIN payments_ledgerentry entry ON entry.id = latest.id
        WHERE ROUND(payment.amount_captured, 2) <>
              ROUND(CASE entry.kind WHEN 'captured' THEN entry.amount ELSE 0 END, 2)
           OR COALESCE(entry.kind, '') <>
              CASE payment.status WHEN 'pending' THEN '' WHEN 'requires_action' THEN ''
              WHEN 'authorised' THEN 'authorised' WHEN 'failed' THEN 'failed'
              WHEN 'cancelled' THEN 'voided' ELSE 'captured' END
        """
    ):
        yield (
            f"payment {pk} is {status} with {captured} captured, "
            f"the ledger says {kind or 'nothing'} with {entered}"
        )


def refunds_are_what_the_ledger_says() -> Iterator[str]:
    """I5: a refund is entered exactly if it succeeded, with its own amount and payment."""
    for pk, status, amount, entered in rows(
        """
        SELECT refund.id, refund.status, refund.amount, entry.amount
        FROM payments_refund refund
        LEFT JOIN payments_ledgerentry entry ON entry.refund_id = refund.id
        WHERE (refund.status = 'succeeded') <> (entry.id IS NOT NULL)
           OR ROUND(refund.amount, 2) <> ROUND(entry.amount, 2)
           OR refund.payment_id <> entry.payment_id
        """
    ):
        yield f"refund {pk} of {amount} is {status}, the ledger says {entered or 'nothing'}"


def payments_show_their_refunds() -> Iterator[str]:
    """I5: what a payment shows as refunded is what its refunds give back or are about to."""
    for pk, status, shown, refunded in rows(
        """
        SELECT payment.id, payment.status, payment.amount_refunded, COALESCE(back.total, 0)
        FROM payments_payment payment
        LEFT JOIN (SELECT payment_id, SUM(amount) AS total FROM payments_refund
                   WHERE status <> 'failed' GROUP BY payment_id) back
            ON back.payment_id = payment.id
        WHERE ROUND(payment.amount_refunded, 2) <> ROUND(COALESCE(back.total, 0), 2)
        """
    ):
        yield f"payment {pk} is {status} with {shown} refunded, its refunds add up to {refunded}"


def orders_show_their_refunds() -> Iterator[str]:
    """I5: what an order shows as refunded is what the ledger says went back.

    Late money apart, which the order never had.
    """
    for pk, status, shown, refunded in rows(
        """
        SELECT placed.id, placed.status, placed.amount_refunded, COALESCE(back.total, 0)
        FROM orders_order placed
        LEFT JOIN (SELECT payment.order_id, SUM(entry.amount) AS total
                   FROM payments_ledgerentry entry
                   JOIN payments_payment payment ON payment.id = entry.payment_id
                   WHERE entry.kind = 'refunded' AND NOT payment.is_late
                   GROUP BY payment.order_id) back
            ON back.order_id = placed.id
        WHERE ROUND(placed.amount_refunded, 2) <> ROUND(COALESCE(back.total, 0), 2)
        """
    ):
        yield f"order {pk} is {status} with {shown} refunded, the ledger says {refunded}"
