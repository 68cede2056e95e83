"""Refunds of captured money that its order does not accept, or not all of it."""

from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now, Round

from orders.models import Order
from payments.models import Payment, PaymentStatus, Refund
from payments.services.commitments import recommit
from payments.states import payment_sources
from shop.core.money import ZERO
from shop.engine import insert


def begin_late_refund(payment: Payment, captured: Decimal) -> bool:
    """Make a late payment ``refund_pending``, and insert a pending refund of all its money.

    Return False, without a change, if the payment's status has changed since the caller read it, or
    the table of moves does not allow it. The caller must have locked the order, and has to send the
    refund after the transaction.
    """
    movable = Payment.objects.filter(pk=payment.pk, status=payment.status)
    movable = movable.filter(status__in=payment_sources(PaymentStatus.REFUND_PENDING))
    payment.status = PaymentStatus.REFUND_PENDING
    payment.amount_captured = payment.amount_refunded = captured
    payment.is_late = True
    names = ("status", "amount_captured", "amount_refunded", "is_late")
    if not movable.update(settled_at=Now(), **{name: getattr(payment, name) for name in names}):
        return False
    insert(Refund(payment=payment, amount=captured, reason="Late payment"))
    recommit(payment.order_id)
    return True


def begin_refund_of_excess(payment: Payment, captured: Decimal) -> None:
    """Insert a pending refund of what was captured just now for items cancelled meanwhile.

    ``captured`` was added to the order, which the caller has locked.
    """
    order = Order.objects.lock(payment.order_id)
    overpaid = order.amount_paid - order.total_due
    excess = max(ZERO, overpaid) - max(ZERO, overpaid - captured)
    if excess <= ZERO:
        return
    payment.amount_refunded += excess
    # Rounded, since SQLite adds decimals as floats.
    more = Round(F("amount_refunded") + excess, precision=2)
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=more)
    insert(Refund(payment=payment, amount=excess, reason="Items cancelled", of_cancellation=True))
