"""What is written beside each change of an order: its timeline, and events for handlers."""

from accounts.models import User
from orders.models import Order
from orders.statements import new_events
from shop.core import events


def note_event(*, order_id: int, note: str, actor: User | None, by_guest: bool = False) -> None:
    """Add a note to an order's timeline, with its present status.

    Needs the caller's transaction.
    """
    add_to_timeline(order_id, status_of(order_id), note, actor, by_guest=by_guest)


def status_of(order_id: int) -> str:
    """Return the present status of an order."""
    return Order.objects.values_list("status", flat=True).get(pk=order_id)


def add_to_timeline(
    order_id: int, status: str, note: str, actor: User | None, *, by_guest: bool = False
) -> None:
    """Add an OrderEvent, which buyer and staff see."""
    actor_id = None if actor is None else actor.pk
    new_events.send_with_next([(order_id, status, note, actor_id, by_guest)])


def record_event(order_id: int, name: str, **data: events.Fact) -> None:
    """Record the event ``order.<name>`` for handlers (``shop.core.events``)."""
    events.record(f"order.{name}", object_type="order", object_id=order_id, data=data)
