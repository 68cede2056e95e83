"""Authorised payments: capture all or a part of the money, or void the authorisation."""

from decimal import Decimal

from accounts.models import User
from orders.models import Order
from orders.states import OrderStatus
from payments.errors import CaptureLimit, OrderNotPayable, PaymentNotOpen
from payments.models import Payment, PaymentStatus
from payments.services.payments import call_and_settle, cancel_at_gateway
from shop.core.money import ZERO, show


def check_capture(*, payment: Payment, amount: Decimal | None) -> Decimal:
    """Return ``amount``, or for None all that can be captured, in the payment's currency.

    Raises PaymentNotOpen, OrderNotPayable or CaptureLimit unless it can be captured. Locks nothing,
    because the gateway accepts only one of two parallel captures, and ``settle`` gives back what is
    too much if items are cancelled meanwhile.
    """
    check_authorised(payment, "captured")
    order_status = Order.objects.values_list("status", flat=True).get(pk=payment.order_id)
    if order_status == OrderStatus.CANCELLED:
        raise OrderNotPayable(order_status=order_status)
    limit = capturable_amount(payment)
    amount = limit if amount is None else amount
    if amount > limit or limit == ZERO:
        raise CaptureLimit(authorised=show(limit))
    return amount


def capturable_amount(payment: Payment) -> Decimal:
    """Return how much of an authorised payment is due, without what was cancelled or paid."""
    order = Order.objects.get(pk=payment.order_id)
    missing: Decimal = order.total_due - order.amount_paid
    return max(ZERO, min(payment.amount, missing))


def capture_payment(*, payment: Payment, amount: Decimal, actor: User | None) -> Payment:
    """Capture ``amount`` of an authorised payment; return the payment as stored afterwards.

    The rest of the authorisation is released. If the order was cancelled meanwhile, the captured
    money is refunded.
    """
    return call_and_settle(
        payment, lambda gateway, charge: gateway.capture(charge, amount=amount), actor
    )


def void_payment(*, payment: Payment, actor: User | None) -> Payment:
    """Void an authorised payment; return it as stored afterwards. Raises PaymentNotOpen."""
    check_authorised(payment, "voided")
    return cancel_at_gateway(payment, actor)


def check_authorised(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless the payment is authorised and not yet captured."""
    if payment.status != PaymentStatus.AUTHORISED:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)
