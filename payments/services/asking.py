"""Phase B: ask the gateway, with no lock held and no transaction open, and settle what it says."""

import logging
from collections.abc import Callable

from accounts.models import User
from payments import gateways
from payments.errors import PaymentNotOpen
from payments.gateways import (
    Charge,
    Gateway,
    GatewayUnavailable,
    Outcome,
    RefundOutcome,
    RefundState,
)
from payments.models import OPEN, Payment, PaymentStatus, Refund, RefundStatus
from payments.services.settling import settle, settle_refund
from shop.core.faults import fault

logger = logging.getLogger("shop.payments")


def gateway_of(payment: Payment) -> Gateway:
    """Return the gateway that a payment is with."""
    return gateways.known()[payment.method]


def charge_of(payment: Payment, token: str = "") -> Charge:
    """Return a payment as its gateway is told of it."""
    return Charge(
        key=str(payment.provider_key),
        amount=payment.amount,
        currency=payment.currency,
        order_id=payment.order_id,
        created_at=payment.created_at,
        token=token,
        reference=payment.provider_reference,
        captures_later=payment.captures_later,
    )


def check_open(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless nobody knows yet how the payment ends."""
    if payment.status not in OPEN:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)


def settle_by(payment: Payment, call: Callable[[], Outcome], actor: User | None = None) -> Payment:
    """Settle a payment by a gateway's answer; return it as it then stands.

    With no answer it stays as it was. Money that came too late goes back at once.
    """
    try:
        outcome = gateways.ask(call)
    except GatewayUnavailable as error:
        logger.warning("payment %s: the gateway did not answer: %s", payment.pk, error)
        return Payment.objects.get(pk=payment.pk)
    fault("payment.charged")
    settled = settle(payment=payment, outcome=outcome, actor=actor)
    fault("payment.settled")
    if settled.status == PaymentStatus.REFUND_PENDING:
        settled = refund_late_payment(settled)
    if settled.status == PaymentStatus.REQUIRES_ACTION:
        settled.client_secret = outcome.client_secret
    return settled


def refund_late_payment(payment: Payment) -> Payment:
    """Send the refund of money that came for a cancelled order; return the payment afterwards."""
    for refund in pending_refunds(payment):
        send_refund(refund)
    return Payment.objects.get(pk=payment.pk)


def pending_refunds(payment: Payment) -> list[Refund]:
    """Return the refunds of a payment whose end nobody knows yet."""
    refunds = Refund.objects.filter(payment=payment, status=RefundStatus.PENDING)
    return list(refunds.select_related("payment", "actor").order_by("pk"))


def get_refund(refund_id: int) -> Refund:
    """Return a refund with its payment and whoever gave it back. Raises DoesNotExist."""
    return Refund.objects.select_related("payment", "actor").get(pk=refund_id)


def send_refund(refund: Refund) -> Refund:
    """Ask the gateway to give a refund's money back; return it as it then stands.

    The gateway does so once for the refund's key, however often it is asked. What staff handed back
    themselves is written down alone.
    """
    if refund.by_hand:
        return settle_refund(refund=refund, outcome=RefundOutcome(RefundState.SUCCEEDED))
    gateway, what = gateway_of(refund.payment), charge_of(refund.payment)
    fault("refund.begun")
    try:
        outcome = gateways.ask(
            lambda: gateway.refund(what, amount=refund.amount, key=str(refund.provider_key))
        )
    except GatewayUnavailable as error:
        logger.warning("refund %s is not known yet: %s", refund.pk, error)
        return refund
    fault("refund.sent")
    return settle_refund(refund=refund, outcome=outcome)
