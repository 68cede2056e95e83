"""The invariants of the ledger, from which the columns of payments and orders are recomputed."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef

from orders.models import Fulfilment, Order
from payments.models import EntryKind, LedgerEntry
from payments.services.securing import shipped_unsecured
from shop.core.money import show
from shop.management.audit.sql import rows


def payments_match_the_ledger() -> Iterator[str]:
    """I5: the status of a payment is that of its last entry, and it has what all have captured."""
    for pk, status, captured, kind, entered in rows(
        """
        SELECT payment.id, payment.status, payment.amount_captured, COALESCE(entry.kind, ''),
               COALESCE(latest.captured, 0)
        FROM payments_payment payment
        LEFT JOIN (SELECT payment_id, MAX(id) AS id,
                          SUM(CASE kind WHEN 'captured' THEN amount ELSE 0 END) AS captured
                   FROM payments_ledgerentry
                   WHERE kind IN ('authorised', 'captured', 'failed', 'voided')
                   GROUP BY payment_id) latest
            ON latest.payment_id = payment.id
        LEFT JOIN payments_ledgerentry entry ON entry.id = latest.id
        WHERE ROUND(payment.amount_captured, 2) <> ROUND(COALESCE(latest.captured, 0), 2)
           OR COALESCE(entry.kind, '') <>
              CASE payment.status WHEN 'pending' THEN '' WHEN 'requires_action' THEN ''
              WHEN 'processing' THEN ''
              WHEN 'authorised' THEN 'authorised' WHEN 'failed' THEN 'failed'
              WHEN 'cancelled' THEN 'voided' ELSE 'captured' END
        """
    ):
        yield (
            f"payment {pk} is {status} with {captured} captured, "
            f"but the ledger has {kind or 'no entry'} with {entered}"
        )


def refunds_match_the_ledger() -> Iterator[str]:
    """I5: a refund has an entry of its amount and payment if and only if it succeeded.

    The entry of one that failed afterwards is reversed by another.
    """
    for pk, status, amount, entered in rows(
        """
        SELECT refund.id, refund.status, refund.amount, entry.amount
        FROM payments_refund refund
        LEFT JOIN payments_ledgerentry entry ON entry.refund_id = refund.id
        LEFT JOIN payments_ledgerentry reversal ON reversal.reverses_id = entry.id
        WHERE (refund.status = 'succeeded') <> (entry.id IS NOT NULL AND reversal.id IS NULL)
           OR ROUND(reversal.amount, 2) <> ROUND(entry.amount, 2)
           OR reversal.payment_id <> entry.payment_id
           OR ROUND(refund.amount, 2) <> ROUND(entry.amount, 2)
           OR refund.payment_id <> entry.payment_id
        """
    ):
        yield f"refund {pk} of {amount} is {status}, but the ledger has {entered or 'no entry'}"


def payments_match_their_refunds() -> Iterator[str]:
    """I5: the refunded amount of a payment is that of its refunds that did not fail."""
    for pk, status, stored, refunded in rows(
        """
        SELECT payment.id, payment.status, payment.amount_refunded, COALESCE(back.total, 0)
        FROM payments_payment payment
        LEFT JOIN (SELECT payment_id, SUM(amount) AS total FROM payments_refund
                   WHERE status <> 'failed' GROUP BY payment_id) back
            ON back.payment_id = payment.id
        WHERE ROUND(payment.amount_refunded, 2) <> ROUND(COALESCE(back.total, 0), 2)
        """
    ):
        yield f"payment {pk} is {status} with {stored} refunded, but its refunds sum to {refunded}"


def orders_match_their_refunds() -> Iterator[str]:
    """I5: the refunded amount of an order is that of the ledger.

    Late payments do not count, because they were never part of the order.
    """
    for pk, status, stored, refunded in rows(
        """
        SELECT placed.id, placed.status, placed.amount_refunded, COALESCE(back.total, 0)
        FROM orders_order placed
        LEFT JOIN (SELECT payment.order_id,
                          SUM(CASE entry.kind WHEN 'refunded' THEN entry.amount
                              ELSE -entry.amount END) AS total
                   FROM payments_ledgerentry entry
                   JOIN payments_payment payment ON payment.id = entry.payment_id
                   WHERE entry.kind IN ('refunded', 'refund_failed') AND NOT payment.is_late
                   GROUP BY payment.order_id) back
            ON back.order_id = placed.id
        WHERE ROUND(placed.amount_refunded, 2) <> ROUND(COALESCE(back.total, 0), 2)
        """
    ):
        yield f"order {pk} is {status} with {stored} refunded, but the ledger has {refunded}"


def disputes_match_the_ledger() -> Iterator[str]:
    """I5: what a provider has withdrawn for a dispute is the sum of the dispute's entries."""
    for pk, status, stored, withdrawn in rows(
        """
        SELECT dispute.id, dispute.status, dispute.amount_withdrawn, COALESCE(entered.total, 0)
        FROM payments_dispute dispute
        LEFT JOIN (SELECT dispute_id,
                          SUM(CASE kind WHEN 'dispute_withdrawn' THEN amount
                              ELSE -amount END) AS total
                   FROM payments_ledgerentry WHERE dispute_id IS NOT NULL
                   GROUP BY dispute_id) entered
            ON entered.dispute_id = dispute.id
        WHERE ROUND(dispute.amount_withdrawn, 2) <> ROUND(COALESCE(entered.total, 0), 2)
        """
    ):
        yield f"dispute {pk} is {status} with {stored} withdrawn, but the ledger has {withdrawn}"


def orders_are_flagged_for_their_disputes() -> Iterator[str]:
    """I5: an order is flagged if and only if a payment of it has an open dispute."""
    for pk, is_flagged in rows(
        """
        SELECT placed.id, placed.has_open_dispute
        FROM orders_order placed
        LEFT JOIN (SELECT DISTINCT payment.order_id FROM payments_dispute dispute
                   JOIN payments_payment payment ON payment.id = dispute.payment_id
                   WHERE dispute.kind IN ('dispute', 'inquiry')
                     AND dispute.status IN ('needs_response', 'under_review')) disputed
            ON disputed.order_id = placed.id
        WHERE placed.has_open_dispute <> (disputed.order_id IS NOT NULL)
        """
    ):
        flagged = "flagged" if is_flagged else "not flagged"
        yield f"order {pk} is {flagged} as disputed, which its disputes contradict"


def shipped_orders_are_paid() -> Iterator[str]:
    """I4: an order whose payment was authorised is secured as far as it was shipped afterwards.

    This is the rule by which units are shipped. An order that was authorised after it had been
    shipped owes, which is no breach, and neither is one whose refund has failed.
    """
    entries = LedgerEntry.objects.filter(payment__order=OuterRef("pk"))
    later = F("payment__order__fulfilments__created_at")
    authorised_before = entries.filter(kind=EntryKind.AUTHORISED, created_at__lt=later)
    orders = Order.objects.filter(
        ~Exists(Fulfilment.objects.filter(order=OuterRef("pk"))) | Exists(authorised_before),
        ~Exists(entries.filter(kind=EntryKind.REFUND_FAILED)),
    )
    for order, missing in shipped_unsecured(orders):
        yield f"order {order.pk} is {order.status}: shipped, not paid, {show(missing)} is due"
