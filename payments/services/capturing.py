"""Money that was authorised: take it, or a part of it, or let it go."""

from decimal import Decimal

from accounts.models import User
from orders.models import Order
from orders.states import OrderStatus
from payments.errors import CaptureLimit, OrderNotPayable, PaymentNotOpen
from payments.models import Payment, PaymentStatus
from payments.services.asking import charge_of, gateway_of, settle_by
from shop.core.money import show


def check_capture(*, payment: Payment, amount: Decimal | None) -> None:
    """Raise PaymentNotOpen, OrderNotPayable or CaptureLimit unless ``amount`` may be captured.

    None stands for all of it. Nothing is written: the gateway decides between two that race.
    """
    check_authorised(payment, "captured")
    order_status = Order.objects.values_list("status", flat=True).get(pk=payment.order_id)
    if order_status == OrderStatus.CANCELLED:
        raise OrderNotPayable(order_status=order_status)
    if amount is not None and amount > payment.amount:
        raise CaptureLimit(authorised=show(payment.amount))


def capture_payment(*, payment: Payment, amount: Decimal, actor: User | None) -> Payment:
    """Take ``amount`` of an authorised payment; return it as it then stands.

    What is not taken is let go. If the order was cancelled meanwhile, the money goes back.
    """
    gateway, what = gateway_of(payment), charge_of(payment)
    return settle_by(payment, lambda: gateway.capture(what, amount=amount), actor)


def void_payment(*, payment: Payment, actor: User | None) -> Payment:
    """Let an authorised payment go; return it as it then stands. Raises PaymentNotOpen."""
    check_authorised(payment, "voided")
    gateway, what = gateway_of(payment), charge_of(payment)
    return settle_by(payment, lambda: gateway.cancel(what), actor)


def check_authorised(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless the payment is authorised, and no more than that."""
    if payment.status != PaymentStatus.AUTHORISED:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)
