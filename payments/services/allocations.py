"""What a refund is for: which amount of which order item, and of the shipping.

The functions need the caller's transaction, with the order locked: what was refunded of each item
before decides about the next amount (``orders.refunding``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Sum

from orders.models import Order, OrderItem
from orders.refunding import Part, divide, reduce_to, refund_of, tax_of_refund
from orders.services import (
    items_of,
    part_of,
    release_units,
    reserve_units,
    restockable,
    shipping_of,
)
from payments.errors import AlreadyRestocked, RefundLimit, RefundUnitsLimit
from payments.models import Refund, RefundItem, RefundStatus
from shop.core.money import ZERO, exponent, show


@dataclass(frozen=True, slots=True)
class Share:
    """An amount that is refunded for units of an item, or for the shipping (``item`` is None).

    ``part`` is what the tax within the amount is computed from.
    """

    item: OrderItem | None
    units: int
    amount: Decimal
    part: Part


@dataclass(frozen=True, slots=True)
class Slice:
    """What one refund pays of a share."""

    item: OrderItem | None
    units: int
    amount: Decimal
    tax: Decimal


def allocate(
    order: Order, *, units: Mapping[int, int], shipping: bool, amount: Decimal | None
) -> list[Share]:
    """Return what is to be refunded for units, by product, and for what is left of the shipping.

    ``amount`` may be less than they are worth; it is divided among them. Raises ItemNotInOrder,
    RefundUnitsLimit, RefundLimit.
    """
    shares = [_share(part_of(order, item), item, units) for item in items_of(order.pk, units)]
    if shipping:
        part = shipping_of(order, amount_refunded=shipping_refunded(order.pk))
        shares.append(Share(None, 0, part.total - part.amount_refunded, part))
    if amount is None:
        return shares
    worth = sum((share.amount for share in shares), ZERO)
    if amount > worth:
        raise RefundLimit(refundable=show(worth))
    amounts = reduce_to([share.amount for share in shares], amount, exponent())
    return [replace(share, amount=part) for share, part in zip(shares, amounts, strict=True)]


def _share(part: Part, item: OrderItem, units: Mapping[int, int]) -> Share:
    count = units[item.product_id]
    if count > part.units_left:
        raise RefundUnitsLimit(
            product_id=item.product_id, name=item.name, available=part.units_left
        )
    return Share(item, count, refund_of(part, count, exponent()), part)


def refundable_shipping(order: Order) -> Decimal:
    """Return what is left of the shipping and the fee, with their tax, in the order's currency."""
    part = shipping_of(order, amount_refunded=shipping_refunded(order.pk))
    return part.total - part.amount_refunded


def shipping_refunded(order_id: int) -> Decimal:
    """Return what refunds that have not failed have returned of the shipping."""
    refunds = Refund.objects.filter(payment__order_id=order_id).exclude(status=RefundStatus.FAILED)
    return refunds.aggregate(total=Sum("shipping"))["total"] or ZERO


def not_refunded_yet(return_id: int, order_id: int, units: Mapping[int, int]) -> dict[int, int]:
    """Return the units of a return, by product, without those that were refunded for it."""
    rows = RefundItem.objects.filter(
        refund__payment__order_id=order_id, refund__order_return_id=return_id
    ).exclude(refund__status=RefundStatus.FAILED)
    done = dict(rows.values_list("item__product_id").annotate(Sum("quantity")).order_by())
    left = {product_id: number - done.get(product_id, 0) for product_id, number in units.items()}
    return {product_id: number for product_id, number in left.items() if number > 0}


def check_return_units(order: Order, units: Mapping[int, int], left: Mapping[int, int]) -> None:
    """Raise RefundUnitsLimit if units, by product, exceed those that are left of a return."""
    for item in items_of(order.pk, units):
        available = left.get(item.product_id, 0)
        if units[item.product_id] > available:
            raise RefundUnitsLimit(product_id=item.product_id, name=item.name, available=available)


def check_restock(order: Order, shares: Sequence[Share]) -> None:
    """Raise AlreadyRestocked if fewer units of an item are left than would return to stock."""
    for share in shares:
        if share.item is not None and share.units > restockable(share.item):
            raise AlreadyRestocked(order_id=order.pk)


def slices_of(shares: Sequence[Share], limits: Sequence[Decimal]) -> list[list[Slice]]:
    """Return what refunds of these amounts pay of the shares, the first of them first.

    The first refund that pays for units has them all.
    """
    rows = divide([share.amount for share in shares], limits)
    parts, units = [share.part for share in shares], [share.units for share in shares]
    found: list[list[Slice]] = []
    for row in rows:
        slices: list[Slice] = []
        for index, amount in enumerate(row):
            if not amount and not units[index]:
                continue
            tax = tax_of_refund(parts[index], amount, exponent())
            slices.append(Slice(shares[index].item, units[index], amount, tax))
            refunded = parts[index].amount_refunded + amount
            parts[index], units[index] = replace(parts[index], amount_refunded=refunded), 0
        found.append(slices)
    return found


def store_slices(refund: Refund, slices: Sequence[Slice]) -> None:
    """Insert the items of a refund, and reserve their units unless they were cancelled before.

    Raises RefundUnitsLimit.
    """
    RefundItem.objects.bulk_create(
        RefundItem(
            refund=refund, item=each.item, quantity=each.units, amount=each.amount, tax=each.tax
        )
        for each in slices
        if each.item is not None
    )
    for each in slices:
        item = each.item
        if item is None or refund.of_cancellation:
            continue
        if not reserve_units(item_id=item.pk, units=each.units, amount=each.amount):
            available = item.quantity - item.quantity_cancelled - item.quantity_refunded
            raise RefundUnitsLimit(product_id=item.product_id, name=item.name, available=available)


def pending_restocks(order_id: int) -> dict[int, int]:
    """Return the units of items, by their ids, that pending refunds will return to stock.

    A refund that names no items returns all of the order. Needs the order to be locked.
    """
    units: Counter[int] = Counter()
    for refund in Refund.objects.filter(
        payment__order_id=order_id, status=RefundStatus.PENDING, restock=True
    ):
        items = refund.items.values_list("item_id", "quantity")
        whole_order = OrderItem.objects.filter(order_id=order_id).values_list("pk", "quantity")
        units.update(dict(items) or dict(whole_order))
    return dict(units)


def release_items(refund: Refund) -> None:
    """Take the items of a failed refund back, so that they can be refunded again."""
    if refund.of_cancellation:
        return
    for each in refund.items.all():
        release_units(item_id=each.item_id, units=each.quantity, amount=each.amount)
