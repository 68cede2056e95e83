"""What payments and invoices add to orders in the admin: steps, tables and a search."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from orders.admin_parts import Part, Section, Step, register_part, register_search
from orders.models import Order
from orders.services import cancellable_units
from orders.states import OrderStatus
from payments import gateways
from payments.methods import method_name
from payments.models import Invoice, Payment, PaymentStatus
from payments.states import OPEN, REFUNDABLE
from shop.core.money import show

_PAYMENT_COLUMNS = (
    *("Payment", "Method", "Status", "Amount", "Captured", "Refunded", "Reference"),
    "Capture before",
)
_STEPS = {
    "record": _("Record the money of payment {id}"),
    "capture": _("Capture payment {id}"),
    "void": _("Void payment {id}"),
    "refund": _("Refund payment {id}"),
}


def register() -> None:
    """Register them."""
    register_part(part_of)
    register_search(search_condition)


def part_of(request: HttpRequest, order: Order) -> Part:
    """Return what the user of the request may see and do. Sends at most two statements."""
    may = request.user.has_perm
    steps: list[Step] = list(_steps_of_items(request, order))
    sections: list[Section] = []
    if may("payments.view_payment") or may("payments.change_payment") or may("payments.add_refund"):
        payments = list(Payment.objects.filter(order=order).order_by("pk"))
        steps += [step for payment in payments for step in _steps(request, payment)]
        if may("payments.add_refund"):
            steps += _refunds(order, payments)
        sections.append(Section("Payments", _PAYMENT_COLUMNS, [_row(each) for each in payments]))
    if may("payments.view_invoice"):
        sections.append(_invoices(Invoice.objects.filter(order=order).order_by("pk")))
    return Part(steps, sections)


def _steps_of_items(request: HttpRequest, order: Order) -> Iterator[Step]:
    """Yield the step that cancels items, if there are any that can be cancelled."""
    if order.status == OrderStatus.CANCELLED or order.restocked_at is not None:
        return
    if request.user.has_perm("orders.change_order") and any(
        map(cancellable_units, order.items.all())
    ):
        yield _step_of_order(order, "cancel_items", "Cancel items")


def _step_of_order(order: Order, name: str, label: str) -> Step:
    return Step(label, reverse(f"admin:payments_order_{name}", args=[order.pk]))


def _refunds(order: Order, payments: Iterable[Payment]) -> Iterator[Step]:
    """Yield the step that refunds the order, and those of its payments if it has several.

    Late payments do not belong to the order any more.
    """
    refundable = [
        each
        for each in payments
        if each.status in REFUNDABLE and each.amount_captured > each.amount_refunded
    ]
    is_paid = any(each.status == PaymentStatus.SUCCEEDED for each in refundable)
    if is_paid:
        yield _step_of_order(order, "refund", "Refund")
    if len(refundable) > 1 or not is_paid:
        yield from (_step(each, "refund") for each in refundable)


def _steps(request: HttpRequest, payment: Payment) -> Iterator[Step]:
    """Yield the steps that the payment's status allows, if the user has their permission."""
    if request.user.has_perm("payments.change_payment"):
        gateway = gateways.registered().get(payment.method)
        if payment.status in OPEN and gateway is not None and gateway.recorded_by_staff:
            yield _step(payment, "record")
        if payment.status == PaymentStatus.AUTHORISED or payment.amount_capturable:
            yield _step(payment, "capture")
            yield _step(payment, "void")


def _step(payment: Payment, name: str) -> Step:
    url = reverse(f"admin:payments_payment_{name}", args=[payment.pk])
    return Step(gettext(_STEPS[name]).format(id=payment.pk), url)


def _row(payment: Payment) -> Sequence[Any]:
    url = reverse("admin:payments_payment_change", args=[payment.pk])
    return (
        format_html('<a href="{}">{}</a>', url, payment.pk),
        method_name(payment.method),
        payment.get_status_display(),
        f"{show(payment.amount)} {payment.currency}",
        show(payment.amount_captured),
        show(payment.amount_refunded),
        payment.provider_reference,
        payment.capture_before or "",
    )


def _invoices(invoices: Iterable[Invoice]) -> Section:
    rows = [
        (
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:payments_invoice_change", args=[invoice.pk]),
                invoice.number,
            ),
            invoice.get_kind_display(),
            f"{show(invoice.total)} {invoice.currency}",
            invoice.issued_on,
            format_html(
                '<a href="{}">Print</a>', reverse("admin:payments_invoice_pdf", args=[invoice.pk])
            ),
        )
        for invoice in invoices
    ]
    return Section("Invoices", ("Number", "Kind", "Total", "Issued on", "PDF"), rows)


def references(term: str) -> list[str]:
    """Return the references that a term may stand for.

    Providers' references have small and capital letters; that of a bank transfer is read aloud and
    typed in groups.
    """
    return [term, "".join(term.split()).upper()]


def search_condition(term: str) -> Q:
    """Return the condition with which a reference finds the order that was paid with it."""
    payments = Payment.objects.filter(provider_reference__in=references(term))
    return Q(pk__in=payments.values("order"))
