"""What has to be paid when a part of an order is shipped."""

from decimal import Decimal

from orders.models import Order, OrderItem
from orders.payments import ShippedAmounts
from orders.refunding import Part, amount_of_first, item_total
from shop.core.money import ZERO, exponent


def shipped_amounts(order: Order) -> ShippedAmounts:
    """Return what has to be paid for the units in fulfilments, in the order's currency.

    An item counts with its discount and tax, in proportion to its units. Shipping and fee count
    with the first fulfilment. The last fulfilment is due with all that is left, so that the sum of
    all is exact.
    """
    whole = order.total - order.amount_cancelled
    items = list(OrderItem.objects.filter(order=order))
    if not any(item.quantity_left for item in items):
        return ShippedAmounts(due=whole, whole=whole)
    totals = {item: _total(order, item) for item in items}
    besides_items = order.total - sum(totals.values(), ZERO)
    shares = (
        amount_of_first(
            Part(totals[item], quantity=item.quantity), item.quantity_fulfilled, exponent()
        )
        for item in items
    )
    return ShippedAmounts(due=min(whole, besides_items + sum(shares, ZERO)), whole=whole)


def _total(order: Order, item: OrderItem) -> Decimal:
    includes_tax = order.prices_include_tax is not False
    return item_total(item.line_total, item.discount, item.tax, includes_tax=includes_tax)
