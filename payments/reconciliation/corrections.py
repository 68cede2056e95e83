"""Corrections of differences that have one right answer."""

from decimal import Decimal

from orders.models import Order
from payments import gateways
from payments.errors import RefundLimit
from payments.gateways import RefundOutcome, RefundState, StatedRefund
from payments.models import EntryKind, LedgerEntry, Payment, Refund
from payments.services import send_pending_refunds, settle_refund
from payments.services.charges import charge_of, gateway_of
from payments.services.refunds import reserve
from payments.services.settlement import begin_late_refund
from shop.core.money import show
from shop.core.transactions import transactional
from shop.engine import insert


def refund_unexpected_capture(payment: Payment, captured: Decimal) -> Payment:
    """Refund money that was captured for a payment that had ended; once, whoever else tries."""
    _record_unexpected_capture(payment, captured)
    return send_pending_refunds(payment)


@transactional
def _record_unexpected_capture(payment: Payment, captured: Decimal) -> None:
    Order.objects.lock(payment.order_id)
    if begin_late_refund(payment, captured):
        insert(
            LedgerEntry(
                payment=payment,
                kind=EntryKind.CAPTURED,
                amount=captured,
                reference=payment.provider_reference,
            )
        )


def cancel_at_gateway(payment: Payment) -> None:
    """Cancel at the gateway a payment that ended here, so that nobody can pay it any more."""
    gateway, charge = gateway_of(payment), charge_of(payment)
    gateways.ask(lambda: gateway.cancel(charge))


@transactional
def record_foreign_refund(payment: Payment, stated: StatedRefund) -> Refund:
    """Record a refund that was made at the provider, without the shop. Raises RefundLimit."""
    Order.objects.lock(payment.order_id)
    if not reserve(payment.pk, stated.amount):
        left = payment.amount_captured - payment.amount_refunded
        raise RefundLimit(refundable=show(left))
    refund = Refund(payment=payment, amount=stated.amount, reason="Made at the provider")
    insert(refund)
    outcome = RefundOutcome(RefundState.SUCCEEDED, reference=stated.reference)
    return settle_refund(refund=refund, outcome=outcome)
