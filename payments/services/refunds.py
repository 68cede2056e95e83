"""Refunds: reserve the amount, then ask the gateway with no lock held."""

import logging
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Round

from accounts.models import User
from orders.models import Order
from payments import gateways
from payments.errors import AlreadyRestocked, NotRefundable, RefundLimit
from payments.gateways import GatewayUnavailable, RefundOutcome, RefundState
from payments.models import Payment, PaymentStatus, Refund
from payments.services.charges import charge_of, gateway_of
from payments.services.settlement import settle_refund
from payments.states import REFUNDABLE
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
    """Write a pending refund; return its id. Locks the order, then the payment.

    ``amount`` is in the payment's currency; None for all that is left. With ``restock`` the items
    of the order return to stock once the refund succeeds. ``by_hand`` is money that staff returned
    without the gateway. Raises NotRefundable, RefundLimit, AlreadyRestocked.
    """
    payment = Payment.objects.get(pk=payment_id)
    order = Order.objects.lock(payment.order_id)
    payment.refresh_from_db()
    if payment.status not in REFUNDABLE:
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
    """Add to the refunded amount of a payment; False if it would exceed what was captured."""
    # Rounded, since SQLite subtracts decimals as floats.
    left = Round(F("amount_captured") - F("amount_refunded"), precision=2)
    refundable = Payment.objects.annotate(left=left).filter(
        pk=payment_id, status__in=REFUNDABLE, left__gte=amount
    )
    more = Round(F("amount_refunded") + amount, precision=2)
    return bool(refundable.update(amount_refunded=more))


def get_refund(refund_id: int) -> Refund:
    """Return a refund with its payment and actor. Raises DoesNotExist."""
    return Refund.objects.select_related("payment", "actor").get(pk=refund_id)


def send_refund(refund: Refund) -> Refund:
    """Ask the gateway to refund; return the refund as stored afterwards.

    The gateway refunds once for the key of the refund, however often it is asked. A refund by hand
    is only recorded.
    """
    if refund.by_hand:
        return settle_refund(refund=refund, outcome=RefundOutcome(RefundState.SUCCEEDED))
    gateway, charge = gateway_of(refund.payment), charge_of(refund.payment)
    try:
        outcome = gateways.ask(
            lambda: gateway.refund(charge, amount=refund.amount, key=str(refund.provider_key))
        )
    except GatewayUnavailable as error:
        logger.warning("refund %s is not known yet: %s", refund.pk, error)
        return refund
    return settle_refund(refund=refund, outcome=outcome)


def send_pending_refunds(payment: Payment) -> Payment:
    """Send the pending refunds of a payment; return the payment as stored afterwards."""
    for refund in Refund.objects.pending().filter(payment=payment):
        send_refund(refund)
    return Payment.objects.get(pk=payment.pk)
