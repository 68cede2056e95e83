"""May this order become that? The one table, used by ``orders.services`` alone."""

from django.db.models import TextChoices


class OrderStatus(TextChoices):
    """Where an order stands; ``paid`` tells of money that came before the goods."""

    PENDING = "pending", "Pending"
    CONFIRMED = "confirmed", "Confirmed"
    PAID = "paid", "Paid"
    SHIPPED = "shipped", "Shipped"
    DELIVERED = "delivered", "Delivered"
    CANCELLED = "cancelled", "Cancelled"
    REFUNDED = "refunded", "Refunded"


_S = OrderStatus

MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.PENDING: frozenset({_S.CONFIRMED, _S.PAID, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.PAID, _S.SHIPPED, _S.CANCELLED, _S.REFUNDED}),
    _S.PAID: frozenset({_S.SHIPPED, _S.REFUNDED}),
    _S.SHIPPED: frozenset({_S.DELIVERED, _S.REFUNDED}),
    _S.DELIVERED: frozenset({_S.REFUNDED}),
    _S.CANCELLED: frozenset(),
    _S.REFUNDED: frozenset(),
}

PAYABLE = frozenset({_S.PENDING, _S.CONFIRMED})
"""States in which an order takes a payment before its goods go out."""

PARTLY_PAID = frozenset({_S.CONFIRMED, _S.SHIPPED, _S.DELIVERED})
"""States in which an order may hold less than its total: it was promised before its money came."""


def sources_of(wanted: OrderStatus) -> frozenset[OrderStatus]:
    """Return the states from which an order may become ``wanted``."""
    return frozenset(status for status, after in MOVES.items() if wanted in after)
