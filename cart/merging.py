"""Merging: what a guest has put into a cart moves to the cart of the user who logs in."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from cart.changes import set_items
from cart.columns import CART
from cart.errors import CartFull, CartTokenInvalid
from cart.guests import Buyer, changed_lately, digest_of
from cart.models import MAX_ITEMS, Cart, CartItem, CartStatus
from cart.priced import PricedCart, view_cart
from cart.services import open_cart
from catalog.errors import OutOfStock
from catalog.models import Product
from shop.core.errors import ShopError
from shop.core.transactions import transactional

logger = logging.getLogger("shop.cart")


@transactional
def merge_cart(*, user: User, token: str, language: str = "") -> tuple[PricedCart, list[ShopError]]:
    """Move the guest cart of a token into the user's open cart, and return that cart priced.

    The larger quantity of a product counts, as far as it is in stock, and empty members are filled.
    Also returns what was reduced. The token is invalid afterwards, except for repeating this, which
    changes nothing. An ordered cart stays what it is. Raises CartTokenInvalid.

    Locks the user, then both carts in ascending id.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
    guest, own = _lock_carts(user, digest_of(token))
    reduced: list[ShopError] = []
    if guest.status == CartStatus.OPEN:
        cart_id = own.pk if own is not None else open_cart(Buyer(user)).cart_id
        reduced = _move_items(guest.pk, cart_id)
        _fill_members(guest, Cart.objects.get(pk=cart_id))
        Cart.objects.filter(pk=guest.pk).update(status=CartStatus.MERGED, user=user)
    return view_cart(buyer=Buyer(user, language=language)), reduced


def merge_at_sign_in(user: User, token: str) -> None:
    """Merge the cart of a token that a login or registration carries, whatever comes of it.

    The caller's transaction continues if the merge fails: nobody is kept from logging in by it.
    """
    try:
        with transaction.atomic():
            merge_cart(user=user, token=token)
    except ShopError:
        return
    except DatabaseError:
        logger.exception("The cart of a guest could not be merged.")


def _lock_carts(user: User, token_hash: str) -> tuple[Cart, Cart | None]:
    """Lock and return the guest cart and the user's open cart. Raises CartTokenInvalid."""
    is_known = Q(token_hash=token_hash) & (changed_lately() | ~Q(status=CartStatus.OPEN))
    carts = Cart.objects.filter(is_known | Q(user=user, status=CartStatus.OPEN))
    found = list(carts.select_for_update(no_key=True).order_by("pk"))
    guest = next((cart for cart in found if cart.token_hash == token_hash), None)
    if guest is None or guest.user_id not in (None, user.pk):
        raise CartTokenInvalid
    own = [cart for cart in found if cart.pk != guest.pk]
    return guest, own[0] if own else None


def _fill_members(guest: Cart, own: Cart) -> None:
    """Fill the members of the user's cart that are empty."""
    filled = {name: getattr(guest, name) for name in CART if not getattr(own, name)}
    Cart.objects.filter(pk=own.pk).update(updated_at=Now(), **filled)


class _Stock(NamedTuple):
    pk: int
    name: str
    stock: int
    backorder: bool


def _move_items(guest_id: int, cart_id: int) -> list[ShopError]:
    """Move the items of a guest cart, and return what of them was left out or reduced."""
    guests = list(CartItem.objects.filter(cart_id=guest_id).order_by("pk"))
    own = dict(CartItem.objects.filter(cart_id=cart_id).values_list("product_id", "quantity"))
    rows = Product.objects.filter(pk__in=[item.product_id for item in guests])
    columns = rows.values_list("pk", "name", "stock", "backorder")
    stocks = {row[0]: _Stock(*row) for row in columns}
    room = MAX_ITEMS - len(own)
    added = [item.product_id for item in guests if item.product_id not in own]
    left_out = set(added[room:])
    wanted = {i.product_id: i.quantity for i in guests if i.product_id not in left_out}
    quantities, reduced = _limit_to_stock(wanted, own, stocks)
    prices = {item.product_id: item.price_seen for item in guests}
    set_items(cart_id, quantities, prices)
    CartItem.objects.filter(cart_id=guest_id).delete()
    return [*reduced, *([CartFull(limit=MAX_ITEMS)] if left_out else [])]


def _limit_to_stock(
    wanted: Mapping[int, int], own: Mapping[int, int], stocks: Mapping[int, _Stock]
) -> tuple[dict[int, int], list[ShopError]]:
    """Return the new quantities of items that change, and an error for each that was reduced.

    What the user already had is not reduced, and what is sold out stays a problem of the cart.
    """
    quantities: dict[int, int] = {}
    reduced: list[ShopError] = []
    for product_id, quantity in wanted.items():
        row = stocks[product_id]
        is_short = 0 < row.stock < quantity and not row.backorder
        possible = row.stock if is_short else quantity
        if possible > own.get(product_id, 0):
            quantities[product_id] = possible
        if is_short and quantity > own.get(product_id, 0):
            reduced.append(
                OutOfStock(
                    product_id=product_id,
                    name=row.name,
                    available=row.stock,
                    product_ids=[product_id],
                )
            )
    return quantities, reduced
