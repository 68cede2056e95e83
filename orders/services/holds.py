"""Flags of an order that others set: an open dispute, and a hold of its shipping."""

from accounts.models import User
from orders.errors import ShippingNotHeld
from orders.models import Order
from orders.services.notes import add_note
from orders.services.timeline import record_event
from shop.core.transactions import transactional


def flag_dispute(*, order_id: int, is_open: bool) -> None:
    """Store whether a payment of an order is disputed. Needs the caller's transaction."""
    orders = Order.objects.filter(pk=order_id).exclude(has_open_dispute=is_open)
    orders.update(has_open_dispute=is_open)


def hold_shipping(*, order_id: int) -> None:
    """Hold the shipping of an order until a person releases it. Needs the caller's transaction.

    The timeline does not say so, because buyers read it.
    """
    if Order.objects.filter(pk=order_id, shipping_held=False).update(shipping_held=True):
        record_event(order_id, "shipping_held")


@transactional
def release_shipping(*, order_id: int, actor: User) -> None:
    """Let an order be shipped whose shipping is held, and add an internal note about that.

    Locks the order. Raises ShippingNotHeld.
    """
    Order.objects.lock(order_id)
    if not Order.objects.filter(pk=order_id, shipping_held=True).update(shipping_held=False):
        raise ShippingNotHeld(order_id=order_id)
    add_note(order_id=order_id, author=actor, text="Shipping released")
    record_event(order_id, "shipping_released")
