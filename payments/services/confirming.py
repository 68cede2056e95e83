"""Confirming orders before they are paid, once all that is due of them is secured.

The functions need the caller's transaction, which has locked the order.
"""

from django.db.models import Subquery

from accounts.models import User
from orders.models import Order
from orders.services import confirm_order
from orders.states import OrderStatus
from payments import gateways
from payments.gateways import AcceptsOrders, BuyerHistory
from payments.models import Payment, PaymentStatus
from payments.services.commitments import secured_of
from payments.states import UNDECIDED
from shop.core.money import ZERO


def confirm_secured_order(payment: Payment, order: Order, actor: User | None) -> None:
    """Confirm a pending order that is authorised as a whole, possibly by several payments."""
    if _waits_for_security(payment, order):
        return
    if order.status == OrderStatus.PENDING:
        confirm_order(order_id=order.pk, actor=actor, note="Payment authorised")


def _waits_for_security(payment: Payment, order: Order) -> bool:
    """Return whether other payments have to succeed before a pending order can be confirmed."""
    if not payment.is_partial or order.status != OrderStatus.PENDING:
        return False
    return secured_of(order.pk) < order.total_due


def confirm_unpaid_order(payment: Payment, order: Order, actor: User | None) -> None:
    """Confirm a pending order if its payment method confirms orders before they are paid.

    A method that does not accept every order leaves the others to staff.
    """
    gateway = gateways.registered()[payment.method]
    if not gateway.confirms_order or order.status != OrderStatus.PENDING:
        return
    if _waits_for_security(payment, order):
        return
    if not isinstance(gateway, AcceptsOrders) or gateway.accepts(_history_of(payment.order_id)):
        confirm_order(order_id=payment.order_id, actor=actor, note=gateway.name)


def confirm_reduced_order(order_id: int, actor: User | None) -> None:
    """Confirm a pending order that is secured as a whole since items of it were cancelled."""
    order = Order.objects.lock(order_id)
    if order.status != OrderStatus.PENDING or not ZERO < order.total_due <= secured_of(order_id):
        return
    waiting = Payment.objects.filter(order=order_id, status__in=UNDECIDED)
    authorised = waiting.filter(status=PaymentStatus.AUTHORISED).first()
    if authorised is not None:
        confirm_secured_order(authorised, order, actor)
    elif (payment := waiting.first()) is not None:
        confirm_unpaid_order(payment, order, actor)


def _history_of(order_id: int) -> BuyerHistory:
    """Return the history of an order's buyer, without the order itself.

    An order that cost nothing is paid without money, which says nothing about the buyer.
    """
    buyer = Order.objects.filter(pk=order_id).values("user_id")[:1]
    others = Order.objects.filter(user_id=Subquery(buyer)).exclude(pk=order_id)
    return BuyerHistory(
        has_paid=others.filter(amount_paid__gt=0).exists(),
        unpaid=others.filter(paid_at=None, status=OrderStatus.CONFIRMED).count(),
    )
