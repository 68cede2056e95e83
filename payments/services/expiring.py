"""Orders and payments whose time is over."""

from typing import Any

from orders.models import Order
from orders.services import cancel_order
from orders.states import OrderStatus
from payments.models import OPEN, Payment
from payments.services.asking import charge_of, gateway_of, settle_by
from payments.services.paying import settle_by_asking
from payments.services.windows import with_expiry
from shop.core.transactions import transactional


@transactional
def expire_order(*, order_id: int) -> bool:
    """Cancel a pending order whose window is over and that has no open payment; True if it did.

    Locks the order, so that no payment begins meanwhile.
    """
    order: Any = with_expiry(Order.objects.all()).lock(order_id)
    if order.status != OrderStatus.PENDING or not order.is_late:
        return False
    if Payment.objects.open().filter(order=order).exists():
        return False
    cancel_order(order_id=order_id, actor=None, note="Not paid in time")
    return True


def give_up(payment: Payment) -> Payment:
    """Ask what became of an open payment whose order's time is over, and give it up if nothing.

    An order that its payment method confirms at once is confirmed instead.
    """
    gateway, what = gateway_of(payment), charge_of(payment)
    is_cancelled = payment.order.status == OrderStatus.CANCELLED
    if not gateway.recorded_by_staff or (gateway.confirms_order and not is_cancelled):
        payment = settle_by_asking(payment)
    if payment.status in OPEN and (is_cancelled or not gateway.confirms_order):
        payment = settle_by(payment, lambda: gateway.cancel(what))
    return payment
