"""Capturing the authorised payments of an order when it is shipped (``orders.payments``)."""

from contextlib import AbstractContextManager
from decimal import Decimal

from accounts.models import User
from orders.errors import PaymentNotCaptured
from orders.models import Order
from orders.services import due_with_fulfilments
from orders.shown import amount_due
from payments import gateways
from payments.models import Payment, PaymentQuerySet
from payments.services.captures import (
    authorised_left,
    begin_part,
    capturable_amount,
    capture_payment,
    continue_capture,
    is_being_captured,
    void_payment,
    with_authorised_money,
)
from payments.services.charges import captures_in_parts
from payments.services.securing import missing_for_fulfilments
from payments.states import CAPTURED
from shop.core.money import ZERO
from shop.core.transactions import transactional


class CapturesOnShipping:
    """Captures what has to be paid for the units that are shipped."""

    def slot(self) -> AbstractContextManager[None]:
        """Hold one of this worker's slots for calling gateways. Raises GatewayBusy."""
        return gateways.slot()

    def is_needed(self, order_id: int) -> bool:
        """Return whether something of a payment of the order can be captured."""
        return _capturable(order_id).exists()

    def missing(self, order: Order) -> Decimal:
        """Return how much of the units in fulfilments has to be secured before they are shipped."""
        return missing_for_fulfilments(order)

    def capture(self, order_id: int, actor: User | None) -> None:
        """Capture authorised payments, the oldest first, until what is due now is paid.

        A payment whose gateway captures in parts brings what is due with the fulfilments so far.
        Another one is captured once, so that it brings all that is due of the order with its first
        fulfilment. Raises PaymentNotCaptured.
        """
        while (step := _next_capture(order_id)) is not None:
            payment, amount = step
            before = payment.amount_captured
            if amount is None:
                settled = continue_capture(payment, actor)
            else:
                settled = capture_payment(payment=payment, amount=amount, actor=actor)
            if settled.status not in CAPTURED or settled.amount_captured <= before:
                raise PaymentNotCaptured(payment_status=settled.status)


@transactional
def _next_capture(order_id: int) -> tuple[Payment, Decimal | None] | None:
    """Lock the order, and return the next payment to capture, or None if all that is due is paid.

    The amount is None for a payment that is captured in parts: its next capture was begun.
    """
    order = Order.objects.lock(order_id)
    if not amount_due(order):
        return None
    payments = list(_capturable(order_id).order_by("pk"))
    for payment in filter(is_being_captured, payments):
        return payment, None
    for payment in payments:
        in_parts = captures_in_parts(payment)
        due = due_with_fulfilments(order) if in_parts else order.total_due
        amount = min(authorised_left(payment), due - order.amount_paid)
        if amount > ZERO and in_parts:
            begin_part(payment, amount)
            return payment, None
        if amount > ZERO:
            return payment, amount
    return None


def _capturable(order_id: int) -> PaymentQuerySet:
    return Payment.objects.filter(with_authorised_money(), order=order_id)


def finish_shipped(payment: Payment) -> Payment:
    """Capture the authorised payment of an order that was shipped, or void it if nothing is due.

    The previous release ships orders without capturing. Returns the payment as stored afterwards.
    """
    amount = capturable_amount(payment)
    if amount > ZERO:
        return capture_payment(payment=payment, amount=amount, actor=None)
    return void_payment(payment=payment, actor=None)
