"""Comparison of invoices and credit notes with what was paid, shipped, refunded and cancelled."""

from typing import Any

from shop.testing.storm.database_checks import cents
from shop.testing.storm.observations import Observations
from shop.testing.storm.rows import read


def make_deliveries_due(url: str) -> None:
    """Let the worker call again at once what a killed worker or database has interrupted."""
    read(
        url,
        "UPDATE core_eventdelivery SET next_attempt_at = (SELECT created_at FROM core_event "
        "WHERE core_event.id = core_eventdelivery.event_id) WHERE done_at IS NULL RETURNING id",
    )


def compare_invoices(url: str, observed: Observations) -> dict[str, Any]:
    """Add a violation for each difference, and count the documents.

    The worker has handled all events before.
    """
    rows = read(
        url,
        """
        SELECT o.id, o.status, o.total, o.amount_cancelled, o.amount_paid, o.amount_refunded,
               CASE WHEN o.paid_at IS NULL THEN 0 ELSE 1 END,
               (SELECT COUNT(*) FROM orders_fulfilment f
                WHERE f.order_id = o.id AND f.status <> 'pending'),
               (SELECT COUNT(*) FROM payments_invoice i WHERE i.order_id = o.id
                AND i.kind = 'invoice' AND i.refers_to_id IS NULL),
               (SELECT COALESCE(SUM(CASE i.kind WHEN 'credit_note' THEN i.total ELSE -i.total END),
                                0)
                FROM payments_invoice i
                WHERE i.order_id = o.id AND i.refers_to_id IS NOT NULL),
               (SELECT COALESCE(SUM(r.amount), 0) FROM payments_refund r
                JOIN payments_payment p ON p.id = r.payment_id
                WHERE p.order_id = o.id AND r.of_cancellation AND r.status = 'failed')
        FROM orders_order o
        """,
    )
    for pk, status, total, cancelled, paid, refunded, *counts in rows:
        is_paid, shipped, invoices, credited, failed = counts
        # A refund of a part that was paid has a credit note, and so its order has an invoice.
        if invoices > 1 or (not invoices and (is_paid or shipped)):
            observed.add_violation(
                f"order {pk} has {invoices} invoices, with {shipped} fulfilments, paid {is_paid}"
            )
        due = cents(total) - cents(cancelled)
        returned = max(cents(0), cents(refunded) - max(cents(0), cents(paid) - due))
        expected = cents(cancelled) + returned
        # Staff repeat a refund of cancelled items that has failed, and its credit note comes then.
        # An order that is cancelled while it is paid in part shows none of its money any more.
        is_compared = invoices and status != "cancelled"
        if is_compared and not expected - cents(failed) <= cents(credited) <= expected:
            observed.add_violation(
                f"order {pk} has credit notes of {credited}, with {cancelled} cancelled and "
                f"{returned} refunded"
            )
    counted = read(url, "SELECT kind, COUNT(*) FROM payments_invoice GROUP BY kind")
    return {"documents": dict(counted)}
