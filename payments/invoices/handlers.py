"""When documents are issued: the worker calls these handlers after the events of orders."""

from collections.abc import Callable

from django.conf import settings

from payments.invoices.correcting import credit_cancellations, credit_refund, take_back_refund
from payments.invoices.issuing import issue_invoice
from shop.core import events
from shop.core.models import Event

FIRST_PAID_OR_FULFILLED = ("order.paid", "order.shipped", "fulfilment.shipped")


def register() -> None:
    """Register the handlers. Each may be repeated, and they may run in any order."""
    handlers: dict[str, tuple[str | tuple[str, ...], Callable[[Event], object]]] = {
        "payments.invoice": (FIRST_PAID_OR_FULFILLED, _issue_invoice),
        "payments.credit_note": ("payment.refunded", _credit_refund),
        "payments.cancellation": ("order.items_cancelled", _credit_cancellations),
        "payments.refund_failed": ("payment.refund_failed", _take_back),
    }
    for name, (kinds, handler) in handlers.items():
        events.register(kinds, handler, name=name)


def _issue_invoice(event: Event) -> None:
    if settings.INVOICES:
        order_id = int(event.data.get("order_id", event.object_id))
        issue_invoice(order_id=order_id)
        credit_cancellations(order_id=order_id)


def _credit_refund(event: Event) -> None:
    if settings.INVOICES:
        credit_refund(refund_id=int(event.data["refund_id"]))


def _credit_cancellations(event: Event) -> None:
    if settings.INVOICES:
        credit_cancellations(order_id=event.object_id)


def _take_back(event: Event) -> None:
    if settings.INVOICES:
        take_back_refund(refund_id=int(event.data["refund_id"]))
