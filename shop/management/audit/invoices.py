"""The invariants of invoices: numbers without a gap, and amounts that are those of the order."""

from collections.abc import Iterator

from shop.management.audit.sql import rows


def numbers_have_no_gap() -> Iterator[str]:
    """The numbers of a series and year are 1 to the last one of its counter."""
    for series, year, last, count, highest in rows(
        """
        SELECT counter.series, counter.year, counter.last_number, COUNT(document.id),
               COALESCE(MAX(document.sequence), 0)
        FROM payments_documentcounter counter
        LEFT JOIN payments_invoice document
            ON document.series = counter.series AND document.year = counter.year
        GROUP BY counter.series, counter.year, counter.last_number
        HAVING COUNT(document.id) <> counter.last_number
            OR COALESCE(MAX(document.sequence), 0) <> counter.last_number
        UNION ALL
        SELECT document.series, document.year, 0, COUNT(*), MAX(document.sequence)
        FROM payments_invoice document
        WHERE NOT EXISTS (SELECT 1 FROM payments_documentcounter counter
                          WHERE counter.series = document.series AND counter.year = document.year)
        GROUP BY document.series, document.year
        """
    ):
        yield (
            f"series {series} of {year} has {count} documents up to the number {highest}, but its "
            f"counter says {last}"
        )


def invoices_match_their_orders() -> Iterator[str]:
    """The invoice of an order has its total, and its tax if that is known."""
    for number, total, tax, order_id in rows(
        """
        SELECT document.number, document.total, document.tax, placed.id
        FROM payments_invoice document JOIN orders_order placed ON placed.id = document.order_id
        WHERE document.kind = 'invoice' AND document.refers_to_id IS NULL AND (
            ROUND(document.total, 2) <> ROUND(placed.total, 2)
            OR ROUND(COALESCE(document.tax, -1), 2) <> ROUND(COALESCE(placed.tax_total, -1), 2))
        """
    ):
        yield (
            f"invoice {number} has a total of {total} and a tax of {tax}, which are not those of "
            f"order {order_id}"
        )


def credits_are_within_their_invoices() -> Iterator[str]:
    """The credit notes of an invoice, without those taken back, are at most its total and tax."""
    for number, total, tax in rows(
        """
        SELECT invoice.number, SUM(part.total), SUM(part.tax)
        FROM payments_invoice invoice
        JOIN (SELECT order_id,
              CASE kind WHEN 'credit_note' THEN total ELSE -total END AS total,
              CASE kind WHEN 'credit_note' THEN tax ELSE -tax END AS tax
              FROM payments_invoice WHERE refers_to_id IS NOT NULL) part
            ON part.order_id = invoice.order_id
        WHERE invoice.kind = 'invoice' AND invoice.refers_to_id IS NULL
        GROUP BY invoice.number, invoice.total, invoice.tax
        HAVING ROUND(SUM(part.total), 2) > ROUND(invoice.total, 2)
            OR ROUND(SUM(part.total), 2) < 0
            OR ROUND(COALESCE(SUM(part.tax), 0), 2) > ROUND(COALESCE(invoice.tax, 0), 2)
        """
    ):
        yield f"the credit notes of invoice {number} add up to {total}, with a tax of {tax}"
