"""The export for bookkeeping: the orders, documents, taxes and movements of money of a period.

A row is an order by its day of placing, a document or one of its rates of tax by its day of issue,
or an entry of the ledger that moved money. Days are those of the shop's time zone. ``gross`` is
negative for money that left the shop and for credit notes, so that the sums of the records
``payment`` and ``refund`` and of the other movements are those of the ledger.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from catalog.exchange.imports.tables import escape_formula
from orders.models import Order
from orders.numbers import show_number
from payments.invoices.content import day_of
from payments.models import DocumentKind, EntryKind, Invoice, LedgerEntry
from shop.core.money import show

COLUMNS = (
    *("record", "day", "order", "document", "refers_to", "status", "payment", "method"),
    *("reference", "country", "tax_rate", "net", "tax", "gross", "currency"),
)
MOVEMENTS = {
    EntryKind.CAPTURED.value: ("payment", 1),
    EntryKind.REFUNDED.value: ("refund", -1),
    EntryKind.REFUND_FAILED.value: ("refund_failed", 1),
    EntryKind.DISPUTE_WITHDRAWN.value: ("dispute_withdrawn", -1),
    EntryKind.DISPUTE_REINSTATED.value: ("dispute_reinstated", 1),
}
"""The kinds of ledger entries that move money: the record, and the sign of its amount."""
_BATCH = 500
_Row = dict[str, str]
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Raise ValueError if it ends before it begins."""
        if self.last < self.first:
            raise ValueError("The period ends before it begins.")

    def times(self, column: str) -> Q:
        """Return the condition that a time is within the period."""
        after = _midnight(self.last + timedelta(days=1))
        return Q(**{f"{column}__gte": _midnight(self.first), f"{column}__lt": after})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def csv_lines(period: Period) -> Iterator[str]:
    """Yield the lines of the export, with their ends; the first is the header.

    Rows are read in batches, so that a long period needs no more memory than a short one. A cell
    that a spreadsheet would execute begins with an apostrophe.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    # With a byte order mark spreadsheets recognize UTF-8.
    file.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    writer.writerow(COLUMNS)
    for row in _rows(period):
        writer.writerow([escape_formula(row.get(name, "")) for name in COLUMNS])
        if file.tell() > 1 << 15:
            yield _take(file)
    yield _take(file)


def _take(file: io.StringIO) -> str:
    text = file.getvalue()
    file.seek(0)
    file.truncate()
    return text


def _rows(period: Period) -> Iterator[_Row]:
    documents = Invoice.objects.filter(issued_on__range=(period.first, period.last))
    entries = LedgerEntry.objects.filter(period.times("created_at"), kind__in=MOVEMENTS)
    yield from _each(Order.objects.filter(period.times("created_at")), _order)
    yield from _each(documents.select_related("order", "refers_to"), _document)
    yield from _each(entries.select_related("payment__order"), _entry)


def _each(rows: QuerySet[M], write: Callable[[M], Iterable[_Row]]) -> Iterator[_Row]:
    """Yield what is written for rows by ascending id, which are read in batches."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        for row in batch:
            yield from write(row)
        last = batch[-1].pk


def _order(order: Order) -> Iterator[_Row]:
    yield {
        "record": "order",
        "day": day_of(order.created_at).isoformat(),
        "order": show_number(order.number, order_id=order.pk),
        "status": order.status,
        **_amounts(_without(order.total, order.tax_total), order.tax_total, order.total),
        "currency": order.currency,
    }


def _without(total: Decimal, tax: Decimal | None) -> Decimal | None:
    return None if tax is None else total - tax


def _document(document: Invoice) -> Iterator[_Row]:
    sign = -1 if document.kind == DocumentKind.CREDIT_NOTE else 1
    shared = {
        "day": document.issued_on.isoformat(),
        "order": show_number(document.order.number, order_id=document.order_id),
        "document": document.number,
        "refers_to": document.refers_to.number if document.refers_to else "",
        "currency": document.currency,
    }
    amounts = (document.net, document.tax, document.total)
    yield {"record": document.kind, **shared, **_amounts(*amounts, sign=sign)}
    for tax in document.content["taxes"]:
        base, amount = Decimal(tax["base"]), Decimal(tax["amount"])
        place = {"country": tax["country"], "tax_rate": tax["rate"]}
        yield {
            "record": "tax",
            **shared,
            **place,
            **_amounts(base, amount, base + amount, sign=sign),
        }


def _entry(entry: LedgerEntry) -> Iterator[_Row]:
    payment = entry.payment
    record, sign = MOVEMENTS[entry.kind]
    yield {
        "record": record,
        "day": day_of(entry.created_at).isoformat(),
        "order": show_number(payment.order.number, order_id=payment.order_id),
        "payment": str(payment.pk),
        "method": payment.method,
        "reference": entry.reference,
        **_amounts(None, None, entry.amount, sign=sign),
        "currency": payment.currency,
    }


def _amounts(
    net: Decimal | None, tax: Decimal | None, gross: Decimal, *, sign: int = 1
) -> dict[str, Any]:
    """Return the columns of amounts. An amount that is not known is empty, and none is -0."""
    values = {"net": net, "tax": tax, "gross": gross}
    return {
        name: "" if value is None else show(sign * value if value else value)
        for name, value in values.items()
    }
