"""Refunding the payments of an order that is cancelled before it was paid in full."""

from django.db.models.functions import Now

from payments.models import Payment, PaymentStatus, Refund
from payments.services.charges import gateway_of
from payments.services.commitments import recommit
from payments.services.refunds import left_of
from shop.core.money import ZERO
from shop.engine import insert


def give_back(order_id: int) -> None:
    """Make the succeeded payments of an order late payments, and insert their pending refunds.

    The caller has locked the order, and cancels it. The next run of ``settle_payments`` sends the
    refunds. Money that staff recorded has to be returned by them: until they have recorded that,
    the payment stays ``refund_pending``, which each reconciliation reports.
    """
    for payment in Payment.objects.filter(order_id=order_id, status=PaymentStatus.SUCCEEDED):
        _make_late(payment)
    recommit(order_id)


def _make_late(payment: Payment) -> None:
    left = left_of(payment)
    is_by_staff = gateway_of(payment).recorded_by_staff
    payment.status = PaymentStatus.REFUND_PENDING
    payment.is_late = True
    if not is_by_staff:
        payment.amount_refunded = payment.amount_captured
    names = ("status", "is_late", "amount_refunded")
    Payment.objects.filter(pk=payment.pk, status=PaymentStatus.SUCCEEDED).update(
        settled_at=Now(), **{name: getattr(payment, name) for name in names}
    )
    if left > ZERO and not is_by_staff:
        insert(Refund(payment=payment, amount=left, reason="Order cancelled"))
