"""Comparison of invoices and credit notes with what was paid, shipped, refunded and cancelled."""

from typing import Any

from shop.testing.storm.database_checks import cents
from shop.testing.storm.observations import Observations
from shop.testing.storm.rows import read


def compare_invoices(url: str, observed: Observations) -> dict[str, Any]:
    """Add a violation for each difference, and count the documents.

    The worker has handled all events before.
    """
    rows = read(
        url,
        """
        SELECT o.id, o.total, o.amount_cancelled, o.amount_paid, o.amount_refunded,
               CASE WHEN o.paid_at IS NULL THEN 0 ELSE 1 END,
               (SELECT COUNT(*) FROM orders_fulfilment f
                WHERE f.order_id = o.id AND f.status <> 'pending'),
               (SELECT COUNT(*) FROM payments_invoice i WHERE i.order_id = o.id
                AND i.kind = 'invoice' AND i.refers_to_id IS NULL),
               (SELECT COALESCE(SUM(CASE i.kind WHEN 'credit_note' THEN i.total ELSE -i.total END),
                                0)
                FROM payments_invoice i
                WHERE i.order_id = o.id AND i.refers_to_id IS NOT NULL)
        FROM orders_order o
        """,
    )
    for pk, total, cancelled, paid, refunded, is_paid, shipped, invoices, credited in rows:
        if invoices != int(bool(is_paid or shipped)):
            observed.add_violation(
                f"order {pk} has {invoices} invoices, with {shipped} fulfilments, paid {is_paid}"
            )
        due = cents(total) - cents(cancelled)
        returned = max(0, cents(refunded) - max(0, cents(paid) - due))
        if invoices and cents(credited) != cents(cancelled) + returned:
            observed.add_violation(
                f"order {pk} has credit notes of {credited}, with {cancelled} cancelled and "
                f"{returned} refunded"
            )
    counted = read(url, "SELECT kind, COUNT(*) FROM payments_invoice GROUP BY kind")
    return {"documents": dict(counted)}
