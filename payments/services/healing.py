"""What a provider's books show and ours do not: written down, where there is one right answer."""

from decimal import Decimal

from django.db.models.functions import Now

from orders.services import hold_order
from payments import gateways
from payments.errors import RefundLimit
from payments.gateways import RefundOutcome, RefundState, StatedRefund
from payments.models import EntryKind, LedgerEntry, Payment, PaymentStatus, Refund
from payments.services.asking import charge_of, gateway_of, refund_late_payment
from payments.services.refunding import reserve
from payments.services.settling import give_late_money_back, settle_refund
from shop.core.money import show
from shop.core.statements import insert
from shop.core.transactions import transactional

_ENDED = (PaymentStatus.FAILED, PaymentStatus.CANCELLED)


def take_back(payment: Payment, captured: Decimal) -> Payment:
    """Give back money that was taken for a payment that had ended; once, whoever else tries."""
    _admit(payment, captured)
    return refund_late_payment(Payment.objects.get(pk=payment.pk))


@transactional
def _admit(payment: Payment, captured: Decimal) -> None:
    hold_order(order_id=payment.order_id)
    ended = Payment.objects.filter(pk=payment.pk, status__in=_ENDED)
    if not ended.update(
        status=PaymentStatus.REFUND_PENDING, amount_captured=captured, settled_at=Now()
    ):
        return
    fresh = Payment.objects.get(pk=payment.pk)
    insert(
        LedgerEntry(
            payment=fresh,
            kind=EntryKind.CAPTURED,
            amount=captured,
            reference=fresh.provider_reference,
        )
    )
    give_late_money_back(fresh)


def let_go(payment: Payment) -> None:
    """Cancel at the gateway what has ended here, so that nobody pays it any more."""
    gateway, what = gateway_of(payment), charge_of(payment)
    gateways.ask(lambda: gateway.cancel(what))


@transactional
def adopt_refund(payment: Payment, stated: StatedRefund) -> Refund:
    """Enter a refund that was made at the provider, past the shop. Raises RefundLimit."""
    hold_order(order_id=payment.order_id)
    if not reserve(payment.pk, stated.amount):
        left = payment.amount_captured - payment.amount_refunded
        raise RefundLimit(refundable=show(left))
    refund = Refund(payment=payment, amount=stated.amount, reason="Made at the provider")
    insert(refund)
    outcome = RefundOutcome(RefundState.SUCCEEDED, reference=stated.reference)
    return settle_refund(refund=refund, outcome=outcome)
