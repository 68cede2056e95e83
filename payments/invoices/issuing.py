"""Issuing: the number and the row in one transaction.

A document locks the order, so that each is issued once, and then the counter of its series. The
lock order is: order, counter. A transaction that ends without a commit leaves the counter as it
was, so that numbers have no gap.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import F

from orders.models import Order
from orders.reads import details_of
from payments.invoices.content import Content, Identity, Item, Reference, content_of, day_of
from payments.invoices.credits import Credit, credited_taxes
from payments.models import DocumentCounter, DocumentKind, Invoice, Refund
from shop.core import events
from shop.core.money import ZERO, add_up, show
from shop.core.transactions import transactional


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a series and year that no other document has."""

    series: str
    year: int
    sequence: int

    def __str__(self) -> str:
        """Return it as people write it, such as INV-2026-00001."""
        return f"{self.series}-{self.year}-{self.sequence:05d}"


@transactional
def issue_invoice(*, order_id: int) -> Invoice:
    """Issue the invoice of an order, or return the one that it has. Locks order and counter."""
    return _invoice_of(Order.objects.lock(order_id))


def find_invoice(order_id: int) -> Invoice | None:
    """Return the invoice of an order, if it was issued."""
    rows = Invoice.objects.filter(order=order_id, kind=DocumentKind.INVOICE)
    return rows.filter(refers_to__isnull=True).first()


def _invoice_of(order: Order) -> Invoice:
    """Return the invoice of an order that the caller has locked; issue it if there is none."""
    found = find_invoice(order.pk)
    if found is not None:
        return found
    details = details_of(order)
    number, identity = _identity(DocumentKind.INVOICE, order.database_time)
    return _insert(content_of(details, identity), number, order, order.database_time)


@transactional
def issue_credit_note(
    *, order_id: int, credit: Credit, refund: Refund | None = None
) -> Invoice | None:
    """Issue a credit note for an order, and before it the invoice if there is none.

    At most what is left of the invoice is credited. Returns the credit note, the one that the
    refund has already, or None if nothing is left. Locks order and counter.
    """
    order = Order.objects.lock(order_id)
    if refund is not None:
        found = Invoice.objects.filter(refund=refund).first()
        if found is not None:
            return found
    invoice = _invoice_of(order)
    earlier = _corrections(order_id)
    left = invoice.total - _sum_of(earlier)
    if min(left, credit.total) <= ZERO:
        return None
    if credit.total > left:
        credit = Credit(left)
    return _insert_credit_note(invoice, credit, earlier, order, refund)


@transactional
def take_back(*, refund_id: int) -> Invoice | None:
    """Issue an invoice that takes the credit note of a refund back, once: the refund has failed.

    Returns None if the refund has no credit note. Locks order and counter.
    """
    note = Invoice.objects.filter(refund=refund_id).first()
    if note is None:
        return None
    order = Order.objects.lock(note.order_id)
    found = Invoice.objects.filter(refers_to=note).first()
    if found is not None:
        return found
    number, identity = _identity(DocumentKind.INVOICE, order.database_time)
    original: Content = note.content
    content: Content = {**original, **identity, "refers_to": _reference(note)}
    return _insert(content, number, order, order.database_time, refers_to=note)


def _corrections(order_id: int) -> list[tuple[int, Invoice]]:
    """Return the credit notes of an order with 1, and the invoices that take them back with -1.

    They are in the order in which they were issued.
    """
    later = Invoice.objects.filter(order=order_id, refers_to__isnull=False).order_by("pk")
    return [(1 if row.kind == DocumentKind.CREDIT_NOTE else -1, row) for row in later]


def credited(order_id: int) -> Decimal:
    """Return the amount of the credit notes of an order that were not taken back."""
    return _sum_of(_corrections(order_id))


def _sum_of(corrections: list[tuple[int, Invoice]]) -> Decimal:
    return add_up(sign * row.total for sign, row in corrections)


def _insert_credit_note(
    invoice: Invoice,
    credit: Credit,
    earlier: list[tuple[int, Invoice]],
    order: Order,
    refund: Refund | None,
) -> Invoice:
    original: Content = invoice.content
    taxes = credited_taxes(credit, original, [(sign, row.content) for sign, row in earlier])
    tax = None if invoice.tax is None else add_up(Decimal(row["amount"]) for row in taxes)
    rest = "cancellation" if refund is None else "refund"
    number, identity = _identity(DocumentKind.CREDIT_NOTE, order.database_time)
    content: Content = {
        **original,
        **identity,
        "refers_to": _reference(invoice),
        "items": _credited_items(credit, original),
        "adjustments": [
            {"kind": kind, "name": "", "amount": show(amount), "voucher": ""}
            for kind, amount in (("shipping", credit.shipping), (rest, credit.rest))
            if amount
        ],
        "prices_include_tax": True,
        "subtotal": show(add_up(item.amount for item in credit.items)),
        "taxes": taxes,
        "net": None if tax is None else show(credit.total - tax),
        "tax_total": None if tax is None else show(tax),
        "total": show(credit.total),
    }
    return _insert(content, number, order, order.database_time, refers_to=invoice, refund=refund)


def _credited_items(credit: Credit, invoice: Content) -> list[Item]:
    """Return the items of a credit note: copies from the invoice, with what is credited."""
    rows = {row["id"]: row for row in invoice["items"]}
    return [
        {
            **rows[item.order_item_id],
            "quantity": item.quantity,
            "line_total": show(item.amount),
            "discount": show(ZERO),
        }
        for item in credit.items
    ]


def _reference(document: Invoice) -> Reference:
    return {
        "kind": document.kind,
        "number": document.number,
        "issued_on": document.issued_on.isoformat(),
    }


def _identity(kind: DocumentKind, now: datetime) -> tuple[Number, Identity]:
    """Return the next number of a kind, and what the content says about it. Locks the counter."""
    series = {
        DocumentKind.INVOICE: settings.INVOICE_SERIES,
        DocumentKind.CREDIT_NOTE: settings.CREDIT_NOTE_SERIES,
    }[kind]
    day = day_of(now)
    number = _next_number(series, day.year)
    return number, {"kind": kind.value, "number": str(number), "issued_on": day.isoformat()}


def _next_number(series: str, year: int) -> Number:
    """Increment the counter of a series and year, which stays locked; return the number."""
    counter = DocumentCounter.objects.filter(series=series, year=year)
    if not counter.update(last_number=F("last_number") + 1):
        # Another transaction may insert it too; this waits until that has ended.
        new = DocumentCounter(series=series, year=year)
        DocumentCounter.objects.bulk_create([new], ignore_conflicts=True)
        counter.update(last_number=F("last_number") + 1)
    return Number(series, year, counter.values_list("last_number", flat=True).get())


def _insert(
    content: Content,
    number: Number,
    order: Order,
    now: datetime,
    *,
    refers_to: Invoice | None = None,
    refund: Refund | None = None,
) -> Invoice:
    """Insert a document with its number, and record its event, such as ``invoice.issued``."""
    document = Invoice(
        kind=content["kind"],
        series=number.series,
        year=number.year,
        sequence=number.sequence,
        number=str(number),
        order=order,
        refers_to=refers_to,
        refund=refund,
        currency=content["currency"],
        net=_amount(content["net"]),
        tax=_amount(content["tax_total"]),
        total=Decimal(content["total"]),
        content=content,
        issued_on=day_of(now),
        issued_at=now,
    )
    document.save(force_insert=True)
    events.record(
        f"{document.kind}.issued",
        object_type="invoice",
        object_id=document.pk,
        data={
            "order_id": order.pk,
            "number": document.number,
            "total": content["total"],
            "currency": document.currency,
        },
    )
    return document


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
