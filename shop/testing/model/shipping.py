"""The rules of fulfilments."""

from shop.testing.model import paying
from shop.testing.model.amounts import share
from shop.testing.model.statuses import amount_due_of, remember, status_of
from shop.testing.model.world import Fulfilment, Order, Refused, Units, World

_SHIPPABLE = {"confirmed", "paid", "refunded", "shipped"}


def fulfil(world: World, order: Order, units: Units | None) -> Fulfilment:
    """Ship units, or all that are left, after authorised payments were captured."""
    if status_of(order) not in _SHIPPABLE or order.is_restocked:
        raise Refused("illegal_transition")
    if units is None:
        units = {pk: item.left for pk, item in order.items.items() if item.left > 0}
        if not units:
            raise Refused("illegal_transition")
    if any(count > order.items[pk].left for pk, count in units.items()):
        raise Refused("fulfilment_limit")
    if _is_unsecured(order, units):
        raise Refused("payment_not_captured")
    for pk, count in units.items():
        order.items[pk].fulfilled += count
    is_last = not any(item.left > 0 for item in order.items.values())
    in_parts = world.captures_parts and not is_last
    due = _worth(order, {}) if in_parts else order.due
    for payment in order.payments:
        amount = min(payment.authorised_left, due - order.paid)
        if amount > 0 and amount_due_of(order) and not payment.is_late:
            paying.bring(world, order, payment, amount)
    fulfilment = Fulfilment(units)
    order.fulfilments.append(fulfilment)
    remember(order)
    return fulfilment


def _is_unsecured(order: Order, units: Units) -> bool:
    """Return whether the authorisation has ended of what units cost with those shipped before."""
    was_authorised = any(payment.was_authorised for payment in order.payments)
    owes = amount_due_of(order) > 0
    return owes and was_authorised and _worth(order, units) > order.secured


def _worth(order: Order, units: Units) -> int:
    """Return what units cost together with those that were shipped before, and the shipping."""
    shares = (
        share(item.worth, item.fulfilled + units.get(pk, 0), item.quantity)
        for pk, item in order.items.items()
    )
    besides = order.total - sum(item.worth for item in order.items.values())
    return min(order.due, besides + sum(shares))


def deliver(order: Order, fulfilment: Fulfilment) -> None:
    """Record that a fulfilment has arrived."""
    _check_shipped(fulfilment)
    fulfilment.status = "delivered"
    remember(order)


def cancel(order: Order, fulfilment: Fulfilment) -> None:
    """Cancel a fulfilment, unless some of its units were returned."""
    _check_shipped(fulfilment)
    for pk, count in fulfilment.units.items():
        if order.items[pk].returned > order.items[pk].fulfilled - count:
            raise Refused("units_returned")
    for pk, count in fulfilment.units.items():
        order.items[pk].fulfilled -= count
    fulfilment.status = "cancelled"
    remember(order)


def _check_shipped(fulfilment: Fulfilment) -> None:
    if fulfilment.status != "shipped":
        raise Refused("illegal_transition")
