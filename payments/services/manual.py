"""Payments in cash or by bank transfer, which staff record."""

from decimal import Decimal

from accounts.models import User
from orders.models import Order
from orders.states import OrderStatus
from payments.errors import AmountMismatch, OrderNotPayable, PaymentNotManual
from payments.gateways import Outcome, OutcomeStatus
from payments.models import Payment
from payments.services.charges import gateway_of
from payments.services.payments import check_open
from payments.services.settlement import settle
from shop.core.money import show
from shop.core.transactions import transactional


@transactional
def record_manual_payment(
    *, payment_id: int, actor: User, amount: Decimal | None = None
) -> Payment:
    """Record money that arrived in cash or by bank transfer; return the payment.

    ``amount`` is what arrived, in the payment's currency; None stands for the payment's amount.

    The ledger entry stores the actor and the time. Locks the order. Raises PaymentNotOpen,
    PaymentNotManual, AmountMismatch, and OrderNotPayable for a cancelled order, whose money staff
    have to return.
    """
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    order = Order.objects.lock(order_id)
    payment = Payment.objects.get(pk=payment_id)
    check_open(payment, "recorded as paid")
    if not gateway_of(payment).recorded_by_staff:
        raise PaymentNotManual(payment_method=payment.method)
    if order.status == OrderStatus.CANCELLED:
        raise OrderNotPayable(order_status=order.status)
    if amount is not None and amount != payment.amount:
        raise AmountMismatch(owed=show(payment.amount), amount=show(amount))
    return settle(payment=payment, outcome=Outcome(OutcomeStatus.SUCCEEDED), actor=actor)
