"""Phase A of a refund: reserve its amount, so that no two of them give back more than was taken."""

from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Round

from accounts.models import User
from orders.models import Order
from payments.errors import AlreadyRestocked, NotRefundable, RefundLimit
from payments.models import Payment, PaymentStatus, Refund
from shop.core.money import ZERO, show
from shop.core.statements import insert
from shop.core.transactions import transactional

_REFUNDABLE = (PaymentStatus.SUCCEEDED, PaymentStatus.REFUND_PENDING)


@transactional
def begin_refund(
    *,
    payment_id: int,
    amount: Decimal | None,
    reason: str,
    restock: bool,
    actor: User,
    by_hand: bool = False,
) -> int:
    """Write a pending refund; return its id. Locks the order, then the payment.

    ``amount`` is in the payment's currency; None for all that is left. With ``restock`` the order's
    goods come back into stock once the money is back. ``by_hand`` is money that staff handed back
    past the gateway. Raises NotRefundable, RefundLimit, AlreadyRestocked.
    """
    payment = Payment.objects.get(pk=payment_id)
    order = Order.objects.lock(payment.order_id)
    payment.refresh_from_db()
    if payment.status not in _REFUNDABLE:
        raise NotRefundable(payment_status=payment.status)
    if restock and (order.restocked_at or payment.status == PaymentStatus.REFUND_PENDING):
        raise AlreadyRestocked(order_id=order.pk)
    left = payment.amount_captured - payment.amount_refunded
    wanted = left if amount is None else amount
    if wanted == ZERO or not reserve(payment_id, wanted):
        raise RefundLimit(refundable=show(left))
    refund = Refund(
        payment=payment,
        amount=wanted,
        reason=reason,
        restock=restock,
        by_hand=by_hand,
        actor=actor,
    )
    insert(refund)
    return refund.pk


def reserve(payment_id: int, amount: Decimal) -> bool:
    """Add to what goes back of a payment, below the ceiling of what was captured."""
    # Rounded, since SQLite subtracts decimals as floats.
    left = Round(F("amount_captured") - F("amount_refunded"), precision=2)
    refundable = Payment.objects.annotate(left=left).filter(
        pk=payment_id, status__in=_REFUNDABLE, left__gte=amount
    )
    more = Round(F("amount_refunded") + amount, precision=2)
    return bool(refundable.update(amount_refunded=more))
