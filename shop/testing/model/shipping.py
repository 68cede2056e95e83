"""The rules of fulfilments."""

from shop.testing.model import paying
from shop.testing.model.statuses import amount_due_of, remember, stage_of, status_of
from shop.testing.model.world import Fulfilment, Order, Refused, Units

_SHIPPABLE = {"confirmed", "paid", "refunded", "shipped"}


def fulfil(order: Order, units: Units | None) -> Fulfilment:
    """Ship units, or all that are left, after authorised payments were captured."""
    if status_of(order) not in _SHIPPABLE or order.is_restocked:
        raise Refused("illegal_transition")
    if amount_due_of(order) and stage_of(order) == "voided":
        raise Refused("payment_not_captured")
    if units is None:
        units = {pk: item.left for pk, item in order.items.items() if item.left > 0}
        if not units:
            raise Refused("illegal_transition")
    if any(count > order.items[pk].left for pk, count in units.items()):
        raise Refused("fulfilment_limit")
    for payment in order.payments:
        amount = min(payment.amount, order.due - order.paid)
        if payment.status == "authorised" and amount > 0:
            paying.bring(order, payment, amount)
    for pk, count in units.items():
        order.items[pk].fulfilled += count
    fulfilment = Fulfilment(units)
    order.fulfilments.append(fulfilment)
    remember(order)
    return fulfilment


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
