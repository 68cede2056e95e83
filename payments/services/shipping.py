"""Capturing the authorised payments of an order when it is shipped (``orders.payments``)."""

from contextlib import AbstractContextManager
from decimal import Decimal

from accounts.models import User
from orders.errors import PaymentNotCaptured
from payments import gateways
from payments.models import Payment, PaymentQuerySet, PaymentStatus
from payments.services.captures import capturable_amount, capture_payment, void_payment
from payments.states import CAPTURED
from shop.core.money import ZERO


class CapturesOnShipping:
    """Captures what has to be paid for the units that are shipped."""

    def slot(self) -> AbstractContextManager[None]:
        """Hold one of this worker's slots for calling gateways. Raises GatewayBusy."""
        return gateways.slot()

    def is_needed(self, order_id: int) -> bool:
        """Return whether the order has an authorised payment."""
        return _authorised(order_id).exists()

    def capture(self, order_id: int, actor: User | None) -> None:
        """Capture authorised payments, the oldest first, until all that is due is paid.

        An authorisation is captured once, so that all that is to pay for the order is captured with
        its first fulfilment. Raises PaymentNotCaptured.
        """
        for payment in _authorised(order_id).order_by("pk"):
            amount = capturable_amount(payment)
            if amount > ZERO:
                _capture(payment, amount, actor)


def _authorised(order_id: int) -> PaymentQuerySet:
    return Payment.objects.filter(order=order_id, status=PaymentStatus.AUTHORISED)


def finish_shipped(payment: Payment) -> Payment:
    """Capture the authorised payment of an order that was shipped, or void it if nothing is due.

    The previous release ships orders without capturing. Returns the payment as stored afterwards.
    """
    amount = capturable_amount(payment)
    if amount > ZERO:
        return capture_payment(payment=payment, amount=amount, actor=None)
    return void_payment(payment=payment, actor=None)


def _capture(payment: Payment, amount: Decimal, actor: User | None) -> None:
    payment = capture_payment(payment=payment, amount=amount, actor=actor)
    if payment.status not in CAPTURED:
        raise PaymentNotCaptured(payment_status=payment.status)
