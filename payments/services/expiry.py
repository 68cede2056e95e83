"""Expiry of orders that were not paid in time, and of their open payments."""

from orders.models import Order
from orders.services import cancel_order
from orders.states import OrderStatus
from payments.gateways import Outcome, OutcomeStatus
from payments.models import Payment
from payments.services.charges import gateway_of
from payments.services.payments import cancel_at_gateway, fetch_and_settle
from payments.services.settlement import settle
from payments.services.windows import is_expired
from payments.states import OPEN
from shop.core.transactions import transactional


@transactional
def expire_order(*, order_id: int) -> bool:
    """Cancel an order whose payment window has closed and that has no open payment.

    Return whether the order was cancelled. Locks the order, so that no payment can begin meanwhile.
    """
    order = Order.objects.lock(order_id)
    if not is_expired(order) or Payment.objects.open().filter(order=order).exists():
        return False
    cancel_order(order_id=order_id, actor=None, note="Not paid in time")
    return True


def abandon_payment(payment: Payment) -> Payment:
    """Settle an open payment whose order expired or was cancelled; cancel it if it stays open.

    A payment whose method confirms orders is kept if its order is confirmed. Returns the payment as
    stored afterwards.
    """
    gateway = gateway_of(payment)
    is_cancelled = payment.order.status == OrderStatus.CANCELLED
    if not gateway.recorded_by_staff or (gateway.confirms_order and not is_cancelled):
        payment = fetch_and_settle(payment)
    if payment.status not in OPEN:
        return payment
    if gateway.recorded_by_staff and gateway.confirms_order and not is_cancelled:
        return _cancel_unless_confirmed(payment)
    if gateway.confirms_order and _is_confirmed(payment):
        return payment
    return cancel_at_gateway(payment)


def _is_confirmed(payment: Payment) -> bool:
    return Order.objects.filter(pk=payment.order_id, status=OrderStatus.CONFIRMED).exists()


@transactional
def _cancel_unless_confirmed(payment: Payment) -> Payment:
    """Cancel a payment that staff would record, unless they confirmed its order. Locks the order.

    The lock decides between staff and this job. Such a method has no provider to call.
    """
    if Order.objects.lock(payment.order_id).status == OrderStatus.CONFIRMED:
        return Payment.objects.get(pk=payment.pk)
    return settle(payment=payment, outcome=Outcome(OutcomeStatus.CANCELLED))
