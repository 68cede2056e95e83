"""The statuses of an order and the allowed changes, including when an order may be cancelled."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderStatus(TextChoices):
    """The status of an order. ``PAID`` means paid in full before the goods were shipped."""

    PENDING = "pending", _("Pending")
    CONFIRMED = "confirmed", _("Confirmed")
    PAID = "paid", _("Paid")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")
    REFUNDED = "refunded", _("Refunded")


_WORDS = {
    OrderStatus.PENDING: _("pending"),
    OrderStatus.CONFIRMED: _("confirmed"),
    OrderStatus.PAID: _("paid"),
    OrderStatus.SHIPPED: _("shipped"),
    OrderStatus.DELIVERED: _("delivered"),
    OrderStatus.CANCELLED: _("cancelled"),
    OrderStatus.REFUNDED: _("refunded"),
}


def describe_status(status: str) -> str:
    """Return the word for a status within a sentence, in the active language."""
    return str(_WORDS[OrderStatus(status)])


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
"""The statuses that may follow each status. A paid order whose total is 0 may be cancelled too."""

PAYABLE = frozenset({_S.PENDING, _S.CONFIRMED})
"""Statuses in which a buyer can start a payment."""

UNPAID = frozenset({*PAYABLE, _S.SHIPPED, _S.DELIVERED})
"""Statuses in which an order may be unpaid, because it was confirmed before it was paid."""

PARTLY_PAID = frozenset({_S.CONFIRMED, _S.SHIPPED, _S.DELIVERED})
"""Statuses in which less than the total may be paid, because the order was confirmed unpaid."""


def sources_of(status: OrderStatus) -> frozenset[OrderStatus]:
    """Return the statuses that ``status`` may follow."""
    return frozenset(source for source, targets in MOVES.items() if status in targets)
