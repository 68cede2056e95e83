"""What a buyer has ordered before."""

from django.db.models import Q

from accounts.addresses import fold_address
from orders.models import Order
from orders.states import OrderStatus


def has_ordered(user_id: int | None, email: str) -> bool:
    """Return whether the user, or anybody by this address, has an order that is not cancelled.

    One statement. ``user_id`` is None for a guest, and ``email`` may be empty.
    """
    by_buyer = Q(pk__in=[])
    if user_id is not None:
        by_buyer |= Q(user_id=user_id)
    if email:
        by_buyer |= Q(email_key=fold_address(email))
    return Order.objects.filter(by_buyer).exclude(status=OrderStatus.CANCELLED).exists()
