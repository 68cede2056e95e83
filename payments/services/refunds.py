"""Refunds: reserve the amount in a transaction, then call the gateway without a lock."""

import logging
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Round

from accounts.models import User
from orders.models import Order
from payments import gateways
from payments.errors import AlreadyRestocked, PaymentNotRefundable, RefundLimit
from payments.gateways import GatewayUnavailable, RefundOutcome, RefundState
from payments.models import Payment, PaymentStatus, Refund
from payments.services.charges import charge_of, gateway_of
from payments.services.settlement import settle_refund
from payments.states import REFUNDABLE
from shop.core import tracing
from shop.core.money import ZERO, show
from shop.core.transactions import transactional
from shop.engine import insert

logger = logging.getLogger("shop.payments")


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
    """Insert a pending refund and reserve its amount; return its id. Locks the order.

    ``amount`` is in the payment's currency; None means all that is left. With ``restock`` all items
    of the order return to stock when the refund succeeds. ``by_hand`` records money that staff
    returned without the gateway. Raises PaymentNotRefundable, RefundLimit, AlreadyRestocked.
    """
    payment = Payment.objects.get(pk=payment_id)
    order = Order.objects.lock(payment.order_id)
    payment.refresh_from_db()
    if payment.status not in REFUNDABLE:
        raise PaymentNotRefundable(payment_status=payment.status)
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
    """Add ``amount`` to a payment's refunded amount, unless it would exceed what was captured.

    Return whether it was added. The check and the change are one UPDATE, so parallel refunds cannot
    exceed the captured amount together.
    """
    # SQLite calculates with floats, so the result is rounded.
    left = Round(F("amount_captured") - F("amount_refunded"), precision=2)
    refundable = Payment.objects.annotate(left=left).filter(
        pk=payment_id, status__in=REFUNDABLE, left__gte=amount
    )
    more = Round(F("amount_refunded") + amount, precision=2)
    return bool(refundable.update(amount_refunded=more))


def get_refund(refund_id: int) -> Refund:
    """Return a refund with its payment and actor. Raises Refund.DoesNotExist."""
    return Refund.objects.select_related("payment", "actor").get(pk=refund_id)


def send_refund(refund: Refund) -> Refund:
    """Refund at the gateway; return the refund as stored afterwards.

    The gateway refunds once for each refund's key, so the call may be repeated. A refund by hand is
    settled without a call. If the gateway does not answer, the refund stays pending.
    """
    if refund.by_hand:
        return settle_refund(refund=refund, outcome=RefundOutcome(RefundState.SUCCEEDED))
    payment = refund.payment
    tracing.note(order_id=payment.order_id, payment_id=payment.pk, refund_id=refund.pk)
    gateway, charge = gateway_of(payment), charge_of(payment)
    try:
        outcome = gateways.call_outside_transaction(
            lambda: gateway.refund(charge, amount=refund.amount, key=str(refund.provider_key))
        )
    except GatewayUnavailable as error:
        logger.warning("refund %s: the outcome is unknown: %s", refund.pk, error)
        return refund
    return settle_refund(refund=refund, outcome=outcome)


def send_pending_refunds(payment: Payment) -> Payment:
    """Send the pending refunds of a payment; return the payment as stored afterwards."""
    for refund in Refund.objects.pending().filter(payment=payment):
        send_refund(refund)
    return Payment.objects.get(pk=payment.pk)
