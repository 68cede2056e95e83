"""What is credited after a refund or a cancellation, and what is taken back after a failure.

Everything is computed from the rows of the order under its lock, so that the order in which events
are handled, and how often, does not matter.
"""

from decimal import Decimal

from django.db.models import Q, Sum

from orders.models import Order, OrderItem
from orders.refunding import cancelled_amount
from orders.services.refunding import part_of
from payments.invoices.credits import Credit, CreditedItem
from payments.invoices.issuing import credited, find_invoice, issue_credit_note, take_back
from payments.models import Invoice, Refund, RefundItem, RefundStatus
from shop.core.money import ZERO, exponent
from shop.core.transactions import transactional


@transactional
def credit_refund(*, refund_id: int) -> Invoice | None:
    """Issue the credit note of a refund, once. Returns None if there is nothing to credit.

    The money of a late payment never counted towards its order, and money that was paid although
    its items were cancelled is not on the invoice any more. Locks order and counter.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    order = Order.objects.lock(refund.payment.order_id)
    refund.refresh_from_db(fields=["status"])
    if refund.status != RefundStatus.SUCCEEDED or refund.payment.is_late:
        return None
    amount = min(refund.amount, _allowed(order))
    credit = _credit_of(refund) if amount == refund.amount else Credit(amount)
    return issue_credit_note(order_id=order.pk, credit=credit, refund=refund)


@transactional
def credit_cancellations(*, order_id: int) -> Invoice | None:
    """Issue a credit note for cancelled items that no refund returns, as they were not paid.

    Does nothing before the invoice is issued, or if all of them are credited. Locks order and
    counter.
    """
    order = Order.objects.lock(order_id)
    if find_invoice(order_id) is None or not order.amount_cancelled:
        return None
    amount = min(order.amount_cancelled - _credited_cancellations(order), _allowed(order))
    if amount <= ZERO:
        return None
    items = _cancelled_items(order)
    fits = sum((item.amount for item in items), ZERO) <= amount
    return issue_credit_note(order_id=order_id, credit=Credit(amount, items if fits else ()))


def take_back_refund(*, refund_id: int) -> Invoice | None:
    """Take the credit note of a refund back that has failed; cancelled items stay credited."""
    if Refund.objects.filter(pk=refund_id, of_cancellation=True).exists():
        return None
    return take_back(refund_id=refund_id)


def _allowed(order: Order) -> Decimal:
    """Return how much of the order may still be credited now.

    That is what was cancelled, and what was refunded beyond the money that was paid too much.
    """
    overpaid = max(ZERO, order.amount_paid - order.total_due)
    returned = max(ZERO, order.amount_refunded - overpaid)
    allowed: Decimal = order.amount_cancelled + returned - credited(order.pk)
    return allowed


def _credit_of(refund: Refund) -> Credit:
    items = tuple(
        CreditedItem(row.item_id, row.quantity, row.amount)
        for row in RefundItem.objects.filter(refund=refund, amount__gt=0).order_by("item_id")
    )
    return Credit(refund.amount, items, refund.shipping)


def _credited_cancellations(order: Order) -> Decimal:
    """Return what of the cancellations is credited already, or by the refunds that return it."""
    refunds = Refund.objects.filter(payment__order=order, of_cancellation=True)
    has_note = Q(credit_note__isnull=False)
    refunds = refunds.filter(~Q(status=RefundStatus.FAILED) | has_note)
    notes = Invoice.objects.filter(order=order, kind="credit_note", refund=None)
    sums = (refunds.aggregate(sum=Sum("amount")), notes.aggregate(sum=Sum("total")))
    return sum((row["sum"] or ZERO for row in sums), ZERO)


def _cancelled_items(order: Order) -> tuple[CreditedItem, ...]:
    """Return the cancelled units, if none of them was credited before."""
    if Invoice.objects.filter(order=order, kind="credit_note").exists():
        return ()
    rows = OrderItem.objects.filter(order=order, quantity_cancelled__gt=0).order_by("pk")
    return tuple(
        CreditedItem(
            row.pk,
            row.quantity_cancelled,
            cancelled_amount(part_of(order, row), row.quantity_cancelled, exponent()),
        )
        for row in rows
    )
