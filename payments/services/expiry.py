"""Orders that were not paid in time, and payments that nobody will finish."""

from orders.models import Order
from orders.services import cancel_order
from orders.states import OrderStatus
from payments.models import Payment
from payments.services.charges import charge_of, gateway_of
from payments.services.payments import settle_by, settle_by_asking
from payments.services.windows import is_expired
from payments.states import OPEN
from shop.core.transactions import transactional


@transactional
def expire_order(*, order_id: int) -> bool:
    """Cancel an order that was not paid within its window and has no open payment; True if it did.

    Locks the order, so that no payment begins meanwhile.
    """
    order = Order.objects.lock(order_id)
    if not is_expired(order) or Payment.objects.open().filter(order=order).exists():
        return False
    cancel_order(order_id=order_id, actor=None, note="Not paid in time")
    return True


def abandon_payment(payment: Payment) -> Payment:
    """Settle an open payment whose order expired or was cancelled; cancel it if still open.

    If the method confirms orders at once and the order is not cancelled, it is confirmed instead.
    """
    gateway, charge = gateway_of(payment), charge_of(payment)
    is_cancelled = payment.order.status == OrderStatus.CANCELLED
    if not gateway.recorded_by_staff or (gateway.confirms_order and not is_cancelled):
        payment = settle_by_asking(payment)
    if payment.status in OPEN and (is_cancelled or not gateway.confirms_order):
        payment = settle_by(payment, lambda: gateway.cancel(charge))
    return payment
