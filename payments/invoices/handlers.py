"""When documents are issued: the worker calls these handlers after the events of orders."""

from django.conf import settings

from payments.invoices.credits import Credit
from payments.invoices.issuing import issue_credit_note, issue_invoice
from payments.models import Refund
from shop.core import events
from shop.core.models import Event

FIRST_PAID_OR_FULFILLED = ("order.paid", "order.shipped")


def register() -> None:
    """Register the handlers. Both may be repeated, and run in any order."""
    events.register(FIRST_PAID_OR_FULFILLED, _issue_invoice, name="payments.invoice")
    events.register("payment.refunded", _credit_refund, name="payments.credit_note")


def _issue_invoice(event: Event) -> None:
    if settings.INVOICES:
        issue_invoice(order_id=event.object_id)


def _credit_refund(event: Event) -> None:
    """Credit a refund. The money of a late payment never counted towards its order."""
    if not settings.INVOICES or event.data.get("is_late"):
        return
    refund = Refund.objects.get(pk=event.data["refund_id"])
    order_id = int(event.data["order_id"])
    issue_credit_note(order_id=order_id, credit=Credit(refund.amount), refund=refund)
