"""Authorised payments: capture all or a part of the money, or void the authorisation."""

from decimal import Decimal

from accounts.models import User
from orders.models import Order
from orders.states import OrderStatus
from payments.errors import CaptureLimit, OrderNotPayable, PaymentNotOpen
from payments.models import Payment, PaymentStatus
from payments.services.payments import call_and_settle, cancel_at_gateway
from shop.core.money import show


def check_capture(*, payment: Payment, amount: Decimal | None) -> None:
    """Raise PaymentNotOpen, OrderNotPayable or CaptureLimit unless ``amount`` can be captured.

    ``amount`` is in the payment's currency; None means the authorised amount. Locks nothing,
    because the gateway accepts only one of two parallel captures.
    """
    check_authorised(payment, "captured")
    order_status = Order.objects.values_list("status", flat=True).get(pk=payment.order_id)
    if order_status == OrderStatus.CANCELLED:
        raise OrderNotPayable(order_status=order_status)
    if amount is not None and amount > payment.amount:
        raise CaptureLimit(authorised=show(payment.amount))


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
