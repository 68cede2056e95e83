"""What a packing slip lists: the units in the parcel, and those that are sent separately."""

from typing import Any

from orders.models import Fulfilment, Order, OrderItem

_Lines = list[tuple[OrderItem, int]]


def contents_of(order: Order, fulfilment: Fulfilment | None) -> dict[str, _Lines]:
    """Return the units of a fulfilment, and the others; without one, what is left to ship.

    If nothing is left, the whole order is listed. Cancelled units are never listed.
    """
    items = [item for item in order.items.order_by("pk") if item.requires_shipping is not False]
    ordered = {item.pk: item.quantity - item.quantity_cancelled for item in items}
    if fulfilment is not None:
        packed = dict(fulfilment.items.values_list("order_item_id", "quantity"))
    elif any(item.quantity_left > 0 for item in items):
        packed = {item.pk: item.quantity_left for item in items}
    else:
        packed = ordered
    separate = {pk: ordered[pk] - packed.get(pk, 0) for pk in ordered}
    return {"items": _lines(items, packed), "separate": _lines(items, separate)}


def _lines(items: list[OrderItem], quantities: dict[Any, int]) -> _Lines:
    lines = ((item, quantities.get(item.pk, 0)) for item in items)
    return [(item, quantity) for item, quantity in lines if quantity > 0]
