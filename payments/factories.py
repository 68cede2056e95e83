"""Payments and refunds for tests, created by the same services as in production."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import F

from accounts.models import User
from orders.access import access_for
from orders.models import Order
from payments import services
from payments.models import Payment, Refund


def make_older(row: Order | Payment, **ago: float) -> None:
    """Move the time at which a row was created into the past, by a timedelta."""
    rows = type(row).objects.filter(pk=row.pk)
    rows.update(created_at=F("created_at") - timedelta(**ago))


def pay(order: Order, *, method: str = "card", token: str = "") -> Payment:
    """Pay an order as its owner; return the payment as stored afterwards."""
    payment = services.begin_payment(
        access=access_for(order.user), order_id=order.pk, method=method
    )
    return services.charge(payment=payment, token=token)


def refund_payment(
    payment: Payment,
    amount: str | None = None,
    *,
    actor: User,
    restock: bool = False,
    by_hand: bool = False,
) -> Refund:
    """Refund ``amount`` of a payment, or all that is left; return the refund as stored afterwards.

    ``amount`` is in the payment's currency.
    """
    refund_id = services.begin_refund(
        payment_id=payment.pk,
        amount=None if amount is None else Decimal(amount),
        reason="",
        restock=restock,
        by_hand=by_hand,
        actor=actor,
    )
    return services.send_refund(services.get_refund(refund_id))
