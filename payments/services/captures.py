"""Authorised payments: capture all or a part of the money, or void the authorisation.

A gateway with ``multiple_captures`` captures a payment in parts. Its captures follow one another:
the payment has the ``capture_target`` of the one in progress, which is repeated with the same key
until the gateway has answered.
"""

from dataclasses import replace
from decimal import Decimal

from django.db.models import Q

from accounts.models import User
from orders.models import Order
from orders.states import OrderStatus
from payments.errors import CaptureLimit, OrderNotPayable, PaymentNotOpen
from payments.gateways import Charge, Gateway, Outcome
from payments.models import Payment, PaymentStatus
from payments.services.charges import captures_in_parts
from payments.services.payments import call_and_settle, cancel_at_gateway
from payments.states import CAPTURED
from shop.core.money import ZERO, show
from shop.core.transactions import transactional


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
    return max(ZERO, min(authorised_left(payment), missing))


def authorised_left(payment: Payment) -> Decimal:
    """Return how much can still be captured of a payment, in its currency, whatever is due."""
    if payment.status == PaymentStatus.AUTHORISED:
        return payment.amount
    return payment.amount_capturable


def with_authorised_money() -> Q:
    """Return the condition that something can still be captured of a payment."""
    in_part = Q(amount_capturable__gt=0, status__in=CAPTURED, is_late=False)
    return Q(status=PaymentStatus.AUTHORISED) | in_part


def is_being_captured(payment: Payment) -> bool:
    """Return whether a capture of a part was begun whose outcome is not known yet."""
    target = payment.capture_target
    return bool(target and target > payment.amount_captured and authorised_left(payment))


def capture_payment(*, payment: Payment, amount: Decimal, actor: User | None) -> Payment:
    """Capture ``amount`` of an authorised payment; return the payment as stored afterwards.

    The rest of the authorisation is released, unless the gateway captures in parts. Then a capture
    that is in progress already is completed instead. If the order was cancelled meanwhile, the
    captured money is refunded.
    """
    if captures_in_parts(payment):
        return continue_capture(_begin_capture(payment.pk, amount), actor)
    return call_and_settle(
        payment, lambda gateway, charge: gateway.capture(charge, amount=amount), actor
    )


@transactional
def _begin_capture(payment_id: int, amount: Decimal) -> Payment:
    """Lock the order, and begin to capture ``amount`` unless a capture is in progress.

    Return the payment as it is then.
    """
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    Order.objects.lock(order_id)
    payment = Payment.objects.get(pk=payment_id)
    if not is_being_captured(payment):
        begin_part(payment, min(amount, authorised_left(payment)))
    return payment


def begin_part(payment: Payment, amount: Decimal) -> None:
    """Store that ``amount`` more is captured next. The caller has locked the order."""
    if amount > ZERO:
        payment.capture_target = payment.amount_captured + amount
        Payment.objects.filter(pk=payment.pk).update(capture_target=payment.capture_target)


def continue_capture(payment: Payment, actor: User | None) -> Payment:
    """Send the capture in progress, and settle its outcome; return the payment as stored then.

    A repetition has the same key and amount, so that the gateway captures it once. If the gateway
    does not answer, the capture stays in progress.
    """
    if payment.capture_target is None or not is_being_captured(payment):
        return payment
    target, before = payment.capture_target, payment.amount_captured
    key = f"{payment.provider_key}-{show(before)}-{show(target)}"
    answered = False

    def capture(gateway: Gateway, charge: Charge) -> Outcome:
        nonlocal answered
        outcome = gateway.capture(replace(charge, capture_key=key), amount=target - before)
        answered = True
        return outcome

    settled = call_and_settle(payment, capture, actor)
    if answered:
        ended = Payment.objects.filter(pk=payment.pk, capture_target=target)
        ended.update(capture_target=None)
    return settled


def void_payment(*, payment: Payment, actor: User | None) -> Payment:
    """Void an authorised payment, or release what can still be captured of one.

    Return it as stored afterwards. Raises PaymentNotOpen.
    """
    check_authorised(payment, "voided")
    return cancel_at_gateway(payment, actor)


def check_authorised(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless something can still be captured of the payment."""
    if not authorised_left(payment):
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)
