"""Expiry of orders that were not paid in time, and of their open payments."""

from collections.abc import Sequence

from orders.models import Order
from orders.services import cancel_order
from orders.states import OrderStatus
from payments.gateways import Outcome, OutcomeStatus
from payments.models import Payment
from payments.services.charges import gateway_of
from payments.services.payments import cancel_at_gateway, fetch_and_settle
from payments.services.settlement import settle
from payments.services.windows import is_expired
from payments.states import CANCELLABLE
from shop.core.transactions import transactional


@transactional
def expire_order(*, order_id: int, abandoned: Sequence[Payment] = ()) -> bool:
    """Cancel an order whose payment window has closed and that has no open payment.

    Return whether the order was cancelled. Locks the order, so that no payment can begin meanwhile.
    Of the payments that were ``abandoned``, those that staff would record are cancelled with the
    order, or not at all: the lock decides between staff who confirm the order and this job.
    """
    order = Order.objects.lock(order_id)
    open_payments = Payment.objects.open().filter(order=order)
    ending = [payment.pk for payment in abandoned if gateway_of(payment).recorded_by_staff]
    if not is_expired(order) or open_payments.exclude(pk__in=ending).exists():
        return False
    for payment in open_payments:
        settle(payment=payment, outcome=Outcome(OutcomeStatus.CANCELLED))
    cancel_order(order_id=order_id, actor=None, note="Not paid in time")
    return True


def abandon_payment(payment: Payment) -> Payment:
    """Settle an open payment whose order expired or was cancelled; cancel it if it stays open.

    A processing payment is kept: if its money arrives, it is refunded as a late payment. One that
    the provider's account does not know is given up.

    A payment whose method confirms orders is kept if its order is confirmed, or if staff may still
    confirm it: then ``expire_order`` cancels it. Returns the payment as stored afterwards.
    """
    gateway = gateway_of(payment)
    waits_for_staff = (
        gateway.recorded_by_staff
        and gateway.confirms_order
        and payment.order.status != OrderStatus.CANCELLED
    )
    if waits_for_staff or not gateway.recorded_by_staff:
        payment = fetch_and_settle(payment, gives_up=True)
    if payment.status not in CANCELLABLE or waits_for_staff:
        return payment
    if gateway.confirms_order and _is_confirmed(payment):
        return payment
    return cancel_at_gateway(payment)


def _is_confirmed(payment: Payment) -> bool:
    return Order.objects.filter(pk=payment.order_id, status=OrderStatus.CONFIRMED).exists()
