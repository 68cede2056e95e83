"""Payments for tests, made by the services that make every payment."""

from decimal import Decimal

from accounts.models import User
from orders.models import Order
from payments import services
from payments.models import Payment, Refund


def pay(order: Order, *, method: str = "card", token: str = "") -> Payment:
    """Pay an order as its owner would; return the payment as it then stands."""
    begun = services.begin_payment(user=order.user, order_id=order.pk, method=method)
    return services.charge(payment=begun, token=token)


def give_back(
    payment: Payment,
    amount: str | None = None,
    *,
    actor: User,
    restock: bool = False,
    by_hand: bool = False,
) -> Refund:
    """Refund a payment, all that is left unless told; return the refund as it then stands."""
    refund_id = services.begin_refund(
        payment_id=payment.pk,
        amount=None if amount is None else Decimal(amount),
        reason="",
        restock=restock,
        by_hand=by_hand,
        actor=actor,
    )
    return services.send_refund(services.get_refund(refund_id))
