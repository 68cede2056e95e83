"""The rules of cancelled orders and items."""

from shop.testing.model.amounts import share
from shop.testing.model.refunding import divide, settle
from shop.testing.model.statuses import may_be_cancelled, remember, status_of
from shop.testing.model.world import OPEN_PAYMENT, Item, Order, Payment, Refused, Units, World


def cancel_order(world: World, order: Order) -> None:
    """Cancel an order that is not paid in full; its stock and its money return."""
    is_open = status_of(order) in {"pending", "confirmed"} and not order.fulfilled
    gives_back = status_of(order) == "pending" and order.paid and not order.is_restocked
    if not (is_open and (order.paid == order.refunded or gives_back)):
        raise Refused("illegal_transition")
    if gives_back:
        _give_back(order)
    order.is_cancelled = True
    for item in order.items.values():
        world.stock[item.product_id] += item.restockable


def _give_back(order: Order) -> None:
    """Let what was paid be refunded later: by the worker, or by staff who recorded it."""
    order.paid = order.refunded = 0
    for payment in order.payments:
        if payment.status == "succeeded":
            payment.status, payment.is_late = "refund_pending", True
            if not payment.is_recorded_by_staff:
                payment.refunded, payment.has_pending_refund = payment.captured, True


def cancel_items(world: World, order: Order, units: Units, *, by_staff: bool) -> None:
    """Cancel units that were not shipped. What was paid too much goes back."""
    if not by_staff and not may_be_cancelled(order):
        raise Refused("illegal_transition")
    waiting = [each for each in order.payments if each.status in OPEN_PAYMENT]
    if not all(each.is_recorded_by_staff for each in waiting):
        raise Refused("payment_in_progress")
    if order.is_cancelled:
        raise Refused("illegal_transition")
    if any(count > order.items[pk].cancellable for pk, count in units.items()):
        raise Refused("cancellation_limit")
    if _leaves_nothing(order, units) and not order.paid:
        cancel_order(world, order)
        return
    worth = sum(_worth(order.items[pk], count) for pk, count in units.items())
    amount = order.due if _leaves_nothing(order, units) else worth
    for pk, count in units.items():
        order.items[pk].cancelled += count
        world.stock[pk] += count
    order.amount_cancelled += amount
    _reduce(waiting, order.covered - order.due)
    _confirm_if_secured(order)
    _return_money(order, amount, worth)
    remember(order)


def _leaves_nothing(order: Order, units: Units) -> bool:
    return all(
        item.quantity == item.cancelled + units.get(pk, 0) for pk, item in order.items.items()
    )


def _worth(item: Item, count: int) -> int:
    """Return what the next cancelled units are worth. They are counted from the last unit."""
    left = item.quantity - item.cancelled
    before, after = (share(item.worth, units, item.quantity) for units in (left, left - count))
    return before - after


def _reduce(waiting: list[Payment], too_much: int) -> None:
    for payment in reversed(waiting):
        less = max(0, min(payment.amount, too_much))
        too_much -= less
        if less == payment.amount:
            payment.status = "cancelled"
        else:
            payment.amount -= less


def _confirm_if_secured(order: Order) -> None:
    is_authorised = any(payment.status == "authorised" for payment in order.payments)
    if is_authorised and 0 < order.due <= order.secured:
        order.is_confirmed = True


def _return_money(order: Order, amount: int, worth: int) -> None:
    payments = [each for each in order.payments if each.status == "succeeded"]
    left = sum(payment.left for payment in payments)
    refund = min(amount, order.paid - order.due, left)
    if refund <= 0:
        return
    if refund > worth:
        rest = order.shipping - order.shipping_refunded
        order.shipping_refunded += min(refund - worth, rest)
    for payment, part in divide(payments[::-1], refund):
        payment.refunded += part
        order.refunded += part
        settle(payment)
