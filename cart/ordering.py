"""What orders need of carts: the cart, its items and products, locked and priced."""

from dataclasses import dataclass, replace
from decimal import Decimal

from cart.columns import CartItemRow, item_of
from cart.guests import Buyer
from cart.languages import in_language, language_of_order
from cart.locks import lock_cart_with_next_statement
from cart.priced import CartMembers, members_of, price_cart
from cart.pricing import Totals
from cart.statements import items_for_update, set_ordered
from catalog.services import LockedProduct
from shop.core.money import ZERO


@dataclass(frozen=True, slots=True)
class LockedCart:
    """An open cart with its items in ascending product id, locked, and priced."""

    members: CartMembers
    items: tuple[CartItemRow, ...]
    products: tuple[LockedProduct, ...]
    totals: Totals


def lock_cart_to_order(*, buyer: Buyer, cart_id: int, fee: Decimal = ZERO) -> LockedCart | None:
    """Lock the buyer's open cart with its items and products, and return it priced.

    Locks the cart as ``cart.locks`` does, then the products in ascending id, then the promotions
    with limits in ascending id, until the caller's transaction ends. ``fee`` is that of the payment
    method. Texts are in the language of the order. Returns None for an empty cart, and for a cart
    that is not open or not the buyer's.
    Sends one statement for a plain cart, and more as ``cart.priced`` says.
    """
    if buyer.user is None and cart_id != buyer.cart_id:
        return None
    lock_cart_with_next_statement(buyer)
    rows = items_for_update.rows(**{**buyer.key, "cart_id": cart_id})
    if not rows:
        return None
    members = members_of(rows[0].members)
    items = tuple(map(item_of, rows))
    language = language_of_order(buyer, members.language)
    if language:
        buyer, items = replace(buyer, language=language), in_language(items, language)
    totals = price_cart(
        buyer,
        members,
        items,
        rows[0].revision,
        has_sale=rows[0].has_sale,
        fee=fee,
        lock=True,
    )
    products = tuple(
        LockedProduct(r.product_id, r.name, r.stock, r.backorder, r.is_sellable) for r in items
    )
    return LockedCart(members, items, products, totals)


def mark_cart_ordered(*, cart_id: int) -> None:
    """Mark an open cart, whose items the caller has locked with ``lock_cart_to_order``, as ordered.

    Needs the caller's transaction, which undoes this if the order fails. Takes effect with the
    caller's next statement. That a cart is ordered once is also a unique constraint of orders.
    """
    set_ordered.send_with_next(cart_id=cart_id)
