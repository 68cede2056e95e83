"""Payments for tests, made by the services that make every payment."""

from orders.models import Order
from payments import services
from payments.models import Payment


def pay(order: Order, *, method: str = "card", token: str = "") -> Payment:
    """Pay an order as its owner would; return the payment as it then stands."""
    payment_id = services.begin_payment(user=order.user, order_id=order.pk, method=method)
    return services.charge(payment_id=payment_id, token=token)
