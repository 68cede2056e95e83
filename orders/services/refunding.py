"""What refunds write in the items of an order. Every function needs the order to be locked."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Sum
from django.db.models.functions import Round

from accounts.models import User
from catalog import revision
from catalog.models import MovementKind, Product
from catalog.services import put_back
from orders.models import FulfilmentItem, FulfilmentState, Order, OrderItem
from orders.refunding import ZERO, Part, item_total, shipping_part
from shop.core.money import exponent


def part_of(order: Order, item: OrderItem) -> Part:
    """Return an item of the order as ``orders.refunding`` needs it."""
    return Part(
        item_total(item.line_total, item.discount, item.tax, includes_tax=includes_tax(order)),
        item.tax or ZERO,
        item.quantity,
        item.quantity_cancelled,
        item.quantity_refunded,
        item.amount_refunded,
    )


def shipping_of(order: Order, *, amount_refunded: Decimal) -> Part:
    """Return the shipping of the order. ``amount_refunded`` is what refunds of it have returned."""
    taxes = OrderItem.objects.filter(order=order).values_list("tax", flat=True)
    tax = (order.tax_total or ZERO) - sum((tax or ZERO for tax in taxes), ZERO)
    return shipping_part(
        order.shipping_total or ZERO,
        order.fee_total or ZERO,
        tax,
        includes_tax=includes_tax(order),
        exponent=exponent(),
        amount_refunded=amount_refunded,
    )


def includes_tax(order: Order) -> bool:
    """Return whether the prices of the order include tax. Those of earlier releases do."""
    return order.prices_include_tax is not False


def reserve_units(*, item_id: int, units: int, amount: Decimal) -> bool:
    """Add to what is refunded of an item. Return False if there are not as many units left."""
    rest = F("quantity") - F("quantity_cancelled") - units
    items = OrderItem.objects.filter(pk=item_id, quantity_refunded__lte=rest)
    return bool(items.update(**_more(units, amount)))


def release_units(*, item_id: int, units: int, amount: Decimal) -> None:
    """Subtract from what is refunded of an item, after its refund has failed."""
    OrderItem.objects.filter(pk=item_id).update(**_more(-units, -amount))


def _more(units: int, amount: Decimal) -> dict[str, object]:
    # Rounded, since SQLite adds decimals as floats.
    amounts = Round(F("amount_refunded") + amount, precision=2)
    return {"quantity_refunded": F("quantity_refunded") + units, "amount_refunded": amounts}


def restockable(item: OrderItem) -> int:
    """Return how many units of an item are not cancelled and did not return to stock yet."""
    return item.quantity - item.quantity_cancelled - item.quantity_restocked


def record_earlier_restock(order: Order) -> None:
    """Record in the items that the previous release has returned all of them to stock."""
    if order.restocked_at is not None:
        OrderItem.objects.filter(order=order).update(
            quantity_returned=F("quantity_fulfilled"),
            quantity_restocked=F("quantity") - F("quantity_cancelled"),
        )


def mark_restocked(
    order_id: int, units: Mapping[int, int] | None, *, since: datetime | None = None
) -> tuple[dict[int, int], dict[int, int]]:
    """Record in the items that units return to stock, by the id of the item; None means all.

    Units that were shipped ``since`` a refund began are with the buyer, so they do not return.
    Return the units by product for ``put_back_both``: those that the buyer had, which are recorded
    as returned, and those that were not shipped.
    """
    returned: dict[int, int] = {}
    unshipped: dict[int, int] = {}
    items = OrderItem.objects.filter(order_id=order_id).order_by("product_id")
    kept = _shipped_since(order_id, since) if since else {}
    for item in items if units is None else items.filter(pk__in=units):
        with_buyer = item.quantity_fulfilled - item.quantity_returned
        shipped_since = min(with_buyer, kept.get(item.pk, 0))
        left = restockable(item)
        count = left - shipped_since
        if units is not None:
            count = min(count, units[item.pk])
        came_back = max(0, count - (left - with_buyer))
        if count <= 0:
            continue
        OrderItem.objects.filter(pk=item.pk).update(
            quantity_restocked=F("quantity_restocked") + count,
            quantity_returned=F("quantity_returned") + came_back,
        )
        for quantities, number in ((returned, came_back), (unshipped, count - came_back)):
            if number:
                quantities[item.product_id] = number
    return returned, unshipped


def _shipped_since(order_id: int, since: datetime) -> dict[int, int]:
    """Return how many units of each item, by its id, were taken by later fulfilments."""
    rows = FulfilmentItem.objects.filter(
        fulfilment__order_id=order_id, fulfilment__created_at__gte=since
    ).exclude(fulfilment__status=FulfilmentState.CANCELLED)
    return dict(rows.values_list("order_item_id").annotate(Sum("quantity")).order_by())


def put_back_both(
    order_id: int, returned: dict[int, int], unshipped: dict[int, int], actor: User | None
) -> None:
    """Return units to stock, by product: those that came back, and those that were not shipped.

    Locks the products, then the revision, and must be the last call of the transaction.
    """
    if returned and unshipped:
        Product.objects.lock_all([*returned, *unshipped])  # both in one order
    kinds = (
        (returned, MovementKind.RETURN, f"Order {order_id} came back"),
        (unshipped, MovementKind.CANCELLATION, f"Order {order_id} was not shipped"),
    )
    changed: set[int] = set()
    for quantities, kind, reason in kinds:
        if quantities:
            changed.update(put_back(quantities=quantities, kind=kind, reason=reason, actor=actor))
    if changed:
        revision.bump(sorted(changed))
