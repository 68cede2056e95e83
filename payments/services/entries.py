"""The events of payments for handlers (``shop.core.events``)."""

from decimal import Decimal

from payments.models import Payment
from shop.core import events
from shop.core.money import show


def record_payment_event(
    payment: Payment, name: str, amount: Decimal, **facts: events.Fact
) -> None:
    """Record the domain event ``payment.<name>``. ``amount`` is in the payment's currency."""
    data = {
        "order_id": payment.order_id,
        "method": payment.method,
        "amount": show(amount),
        "currency": payment.currency,
        **facts,
    }
    events.record(f"payment.{name}", object_type="payment", object_id=payment.pk, data=data)
