"""The rules of refunds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shop.testing.model.amounts import reduce_to, share
from shop.testing.model.statuses import remember
from shop.testing.model.world import Item, Order, Payment, Refused, Return, Units, World


@dataclass
class Wish:
    """What to refund: units, the shipping, an amount, a return, or all that is left."""

    units: Units = field(default_factory=dict)
    shipping: bool = False
    amount: int | None = None
    restock: bool = False
    of_return: Return | None = None


@dataclass
class _Share:
    item: Item | None
    units: int
    amount: int


def refund_order(world: World, order: Order, wish: Wish) -> int:
    """Refund by the payments of an order, the newest first; return how much."""
    payments = [each for each in order.payments if each.status == "succeeded" and each.left]
    return _refund(world, order, payments[::-1], wish)


def refund_payment(world: World, order: Order, payment: Payment, wish: Wish) -> int:
    """Refund one payment; return how much."""
    is_late = payment.status == "refund_pending"
    if payment.status not in {"succeeded", "refund_pending"}:
        raise Refused("payment_not_refundable")
    if is_late and (wish.units or wish.shipping):
        raise Refused("payment_not_refundable")
    if is_late and wish.restock:
        raise Refused("already_restocked")
    return _refund(world, order, [payment], wish)


def _refund(world: World, order: Order, payments: list[Payment], wish: Wish) -> int:
    units = _units_of(wish)
    left = sum(payment.left for payment in payments)
    names_parts = bool(units or wish.shipping)
    shares = _shares(order, units, wish) if names_parts else []
    if wish.restock:
        _check_restock(order, shares)
    amount = sum(each.amount for each in shares) if shares else wish.amount
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise Refused("refund_limit")
    _count(order, shares, wish)
    is_credited = not any(payment.is_late for payment in payments)
    for payment, part in divide(payments, amount):
        payment.refunded += part
        order.refunded += part if is_credited else 0
        settle(payment)
    if wish.restock:
        _restock(world, order, units)
    if wish.of_return is not None and wish.of_return.status == "received" and is_credited:
        wish.of_return.status = "closed"
    remember(order)
    return amount


def _units_of(wish: Wish) -> Units:
    row = wish.of_return
    if row is None:
        return wish.units
    if row.status not in {"approved", "received"}:
        raise Refused("illegal_transition")
    expected = row.received if row.status == "received" else row.units
    left = {pk: count - row.refunded.get(pk, 0) for pk, count in expected.items()}
    left = {pk: count for pk, count in left.items() if count > 0}
    if any(count > left.get(pk, 0) for pk, count in wish.units.items()):
        raise Refused("refund_units_limit")
    if not left and not wish.shipping and wish.amount is None:
        raise Refused("refund_limit")
    return wish.units or left


def _shares(order: Order, units: Units, wish: Wish) -> list[_Share]:
    shares = [_share_of(order.items[pk], units[pk]) for pk in sorted(units)]
    if wish.shipping:
        shares.append(_Share(None, 0, order.shipping - order.shipping_refunded))
    if wish.amount is None:
        return shares
    worth = [each.amount for each in shares]
    if wish.amount > sum(worth):
        raise Refused("refund_limit")
    for each, part in zip(shares, reduce_to(worth, wish.amount), strict=True):
        each.amount = part
    return shares


def _share_of(item: Item, count: int) -> _Share:
    if count > item.unrefunded:
        raise Refused("refund_units_limit")
    before = share(item.worth, item.units_refunded, item.quantity)
    after = share(item.worth, item.units_refunded + count, item.quantity)
    return _Share(item, count, max(0, after - max(before, item.amount_refunded)))


def _check_restock(order: Order, shares: Sequence[_Share]) -> None:
    if not shares and order.is_restocked:
        raise Refused("already_restocked")
    if any(each.item and each.units > each.item.restockable for each in shares):
        raise Refused("already_restocked")


def _count(order: Order, shares: Sequence[_Share], wish: Wish) -> None:
    for each in shares:
        if each.item is None:
            order.shipping_refunded += each.amount
            continue
        each.item.units_refunded += each.units
        each.item.amount_refunded += each.amount
        if wish.of_return is not None:
            refunded = wish.of_return.refunded
            refunded[each.item.product_id] = refunded.get(each.item.product_id, 0) + each.units


def _restock(world: World, order: Order, units: Units) -> None:
    """Return units to stock; without units, all of the order. Units with the buyer come last."""
    if not units:
        order.is_restocked = True
    for pk, item in order.items.items():
        left = item.restockable
        count = min(left, units.get(pk, 0)) if units else left
        unshipped = left - (item.fulfilled - item.returned)
        item.restocked += count
        item.returned += max(0, count - unshipped)
        world.stock[pk] += count


def divide(payments: Sequence[Payment], amount: int) -> list[tuple[Payment, int]]:
    """Return what each payment pays of an amount, the first of them first."""
    found = []
    for payment in payments:
        part = min(payment.left, amount)
        amount -= part
        if part:
            found.append((payment, part))
    return found


def settle(payment: Payment) -> None:
    """Mark a payment whose money went back as refunded."""
    if payment.refunded == payment.captured and not payment.has_pending_refund:
        payment.status = "refunded"
