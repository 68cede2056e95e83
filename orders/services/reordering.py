"""Putting the products of an order into a cart again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cart.changes import current_prices, read_products, set_items
from cart.guests import Buyer
from cart.locks import lock_cart
from cart.models import MAX_ITEMS, CartItem
from cart.priced import PricedCart, view_cart
from cart.services import Opened, open_cart
from cart.statements import ProductToAdd
from catalog.errors import OutOfStock, ProductUnavailable
from orders.models import Order, OrderItem
from shop.core.errors import ShopError
from shop.core.transactions import transactional


@dataclass(frozen=True, slots=True)
class Reordered:
    """The cart after a reorder, and what could not be put into it as it was ordered."""

    opened: Opened
    cart: PricedCart
    problems: list[ShopError]


@transactional
def reorder(*, order: Order, buyer: Buyer) -> Reordered:
    """Set the items of the buyer's open cart to at least the quantities of an order.

    Opens a cart if there is none. Doing it again changes nothing. Other items of the cart stay. A
    product that is not for sale any more is left out, and one that is short gets the units that are
    in stock. Locks the cart. Sends the same number of statements for any number of items.
    """
    cart_id = lock_cart(buyer)
    opened = open_cart(buyer) if cart_id is None else Opened(cart_id)
    in_cart = dict(
        CartItem.objects.filter(cart_id=opened.cart_id).values_list("product_id", "quantity")
    )
    items = list(OrderItem.objects.filter(order=order).order_by("pk"))
    products = read_products([item.product_id for item in items])
    wanted, problems = _possible(items, products, in_cart)
    if wanted:
        set_items(opened.cart_id, wanted, current_prices(products))
    cart = view_cart(buyer=buyer if buyer.user else replace(buyer, cart_id=opened.cart_id))
    return Reordered(opened, cart, problems)


def _possible(
    items: Sequence[OrderItem],
    products: Mapping[int, ProductToAdd],
    in_cart: Mapping[int, int],
) -> tuple[dict[int, int], list[ShopError]]:
    """Return the new quantities of items that change, and what is not possible."""
    wanted: dict[int, int] = {}
    problems: list[ShopError] = []
    for item in items:
        product, before = products.get(item.product_id), in_cart.get(item.product_id, 0)
        if product is None or product.has_variants:
            facts = {"product_ids": [item.product_id], "names": [item.name]}
            problems.append(ProductUnavailable(product_id=item.product_id, **facts))
            continue
        units = item.quantity if product.backorder else min(item.quantity, max(0, product.stock))
        if units < item.quantity:
            facts = {"product_id": product.product_id, "name": product.name, "available": units}
            problems.append(OutOfStock(**facts, product_ids=[product.product_id]))
        has_room = before or len(in_cart.keys() | wanted.keys()) < MAX_ITEMS
        if units > before and has_room:
            wanted[item.product_id] = units
    return wanted, problems
