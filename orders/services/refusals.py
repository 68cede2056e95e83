"""Why a cart cannot be ordered: all reasons at once, in a fixed order."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.conf import settings

from cart.guests import Buyer
from cart.pricing import Totals
from catalog.services import LockedProduct, shortages
from orders.carts import CartToOrder
from orders.errors import (
    EmailMissing,
    HeldUnitsLimit,
    OpenOrderLimit,
    TotalChanged,
    TotalLimit,
)
from shop.core.errors import ShopError
from shop.core.money import MAX_AMOUNT, show


def refuse(
    buyer: Buyer,
    cart: CartToOrder,
    totals: Totals,
    products: Sequence[LockedProduct],
    expected_total: Decimal | None,
) -> None:
    """Raise the first problem of an order, with all of them as ``problems``, if there are any."""
    found = list(_problems(buyer, cart, totals, products, expected_total))
    if found:
        raise found[0].among(found)


def _problems(
    buyer: Buyer,
    cart: CartToOrder,
    totals: Totals,
    products: Sequence[LockedProduct],
    expected_total: Decimal | None,
) -> Iterator[ShopError]:
    """Yield what is wrong: the buyer, the amounts, then the items."""
    if buyer.user is None and not cart.email:
        yield EmailMissing()
    quantities = {item.product_id: item.quantity for item in totals.items}
    yield from _limits(cart, sum(quantities.values()))
    if totals.total > MAX_AMOUNT:
        yield TotalLimit(limit=show(MAX_AMOUNT))
    if expected_total is not None and totals.total != expected_total:
        yield TotalChanged(total=show(totals.total), expected=show(expected_total))
    yield from shortages(products, quantities)


def _limits(cart: CartToOrder, units: int) -> Iterator[ShopError]:
    """Yield the limits of what one buyer can hold without paying that the order exceeds.

    Pending orders keep their units out of stock until they are paid or expire. The limits keep one
    buyer from holding the stock of the shop.
    """
    if cart.held.orders >= settings.MAX_OPEN_ORDERS:
        yield OpenOrderLimit(limit=settings.MAX_OPEN_ORDERS, open_orders=cart.held.orders)
    if cart.held.units + units > settings.MAX_UNITS_HELD:
        limit = settings.MAX_UNITS_HELD
        yield HeldUnitsLimit(limit=limit, held=cart.held.units, wanted=units)
