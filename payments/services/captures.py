"""Authorised payments: capture all or a part of the money, or void the authorisation."""

from decimal import Decimal

from accounts.models import User
from orders.models import Order
from orders.states import OrderStatus
from payments.errors import CaptureLimit, OrderNotPayable, PaymentNotOpen
from payments.models import Payment, PaymentStatus
from payments.services.charges import charge_of, gateway_of
from payments.services.payments import settle_by
from shop.core.money import show


def check_capture(*, payment: Payment, amount: Decimal | None) -> None:
    """Raise PaymentNotOpen, OrderNotPayable or CaptureLimit unless ``amount`` may be captured.

    None stands for all of it. Writes nothing: of two parallel captures the gateway accepts one.
    """
    check_authorised(payment, "captured")
    order_status = Order.objects.values_list("status", flat=True).get(pk=payment.order_id)
    if order_status == OrderStatus.CANCELLED:
        raise OrderNotPayable(order_status=order_status)
    if amount is not None and amount > payment.amount:
        raise CaptureLimit(authorised=show(payment.amount))


def capture_payment(*, payment: Payment, amount: Decimal, actor: User | None) -> Payment:
    """Capture ``amount`` of an authorised payment; return the payment as stored afterwards.

    The rest is released. If the order was cancelled meanwhile, the money is refunded.
    """
    gateway, charge = gateway_of(payment), charge_of(payment)
    return settle_by(payment, lambda: gateway.capture(charge, amount=amount), actor)


def void_payment(*, payment: Payment, actor: User | None) -> Payment:
    """Release an authorised payment; return it as stored afterwards. Raises PaymentNotOpen."""
    check_authorised(payment, "voided")
    gateway, charge = gateway_of(payment), charge_of(payment)
    return settle_by(payment, lambda: gateway.cancel(charge), actor)


def check_authorised(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless the payment is authorised and not yet captured."""
    if payment.status != PaymentStatus.AUTHORISED:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)
