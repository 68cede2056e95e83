"""Expiry of orders that were not paid in time, and of their open payments."""

from orders.models import Order
from orders.services import cancel_order
from orders.states import OrderStatus
from payments.models import Payment
from payments.services.charges import gateway_of
from payments.services.payments import cancel_at_gateway, fetch_and_settle
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

    A payment whose method confirms orders is kept, and confirms its order, unless the order is
    cancelled. Returns the payment as stored afterwards.
    """
    gateway = gateway_of(payment)
    is_cancelled = payment.order.status == OrderStatus.CANCELLED
    if not gateway.recorded_by_staff or (gateway.confirms_order and not is_cancelled):
        payment = fetch_and_settle(payment)
    if payment.status in OPEN and (is_cancelled or not gateway.confirms_order):
        payment = cancel_at_gateway(payment)
    return payment
