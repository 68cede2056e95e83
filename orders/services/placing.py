"""Placing an order: everything about a cart is checked, copied and taken in one transaction."""

from decimal import Decimal
from typing import NoReturn

from cart.guests import Buyer
from cart.locks import lock_cart
from cart.services import lock_items, mark_cart_ordered, price_items
from catalog import revision
from catalog.services import take_stock
from orders.carts import read_cart
from orders.errors import CartEmpty, CartNotFound, CartNotOpen
from orders.models import Order
from orders.services.copies import write_order
from orders.services.refusals import refuse
from orders.services.statuses import pay_free_order
from orders.states import OrderStatus
from shop.core.money import ZERO
from shop.core.transactions import transactional


@transactional
def place_order(
    *,
    buyer: Buyer,
    cart_id: int,
    expected_total: Decimal | None = None,
    fee: Decimal = ZERO,
) -> Order:
    """Turn the buyer's open cart into an order and take its stock, or change nothing.

    An order whose total is 0 is paid at once, without a payment. ``fee`` is that of the payment
    method, and ``expected_total`` the total that the buyer saw, in the shop's currency.

    Locks the user, the cart, then the products in ascending id, the vouchers, and the catalog
    revision last. Raises CartNotFound, CartNotOpen, CartEmpty, and the first of the problems that
    ``orders.services.refusals`` lists, with all of them.
    """
    items = lock_items(buyer=buyer, cart_id=cart_id)
    if not items:
        _raise_cart_error(buyer, cart_id)
    cart = read_cart(buyer, cart_id)
    totals = price_items([item for item, _ in items])
    products = [product for _, product in items]
    refuse(buyer, cart, totals, products, expected_total)
    mark_cart_ordered(cart_id=cart_id)
    order = write_order(buyer, cart_id, cart, totals)
    if order.total == ZERO and pay_free_order(order_id=order.pk):
        order.status = OrderStatus.PAID
    sold_out = take_stock(
        products=products,
        quantities={item.product_id: item.quantity for item, _ in items},
        reason=f"Order {order.pk}",
        actor=buyer.user,
    )
    if sold_out:
        revision.bump(sold_out)
    return order


def _raise_cart_error(buyer: Buyer, cart_id: int) -> NoReturn:
    """Raise the error that says why a cart has no items to order."""
    if cart_id == lock_cart(buyer):
        raise CartEmpty
    orders = Order.objects.filter(cart_id=cart_id, **_owner(buyer))
    order_id = orders.values_list("pk", flat=True).first()
    if order_id is None:
        raise CartNotFound
    raise CartNotOpen(order_id=order_id)


def _owner(buyer: Buyer) -> dict[str, int | None]:
    """Return the condition that a cart's order is the buyer's."""
    return {"cart__user_id": buyer.user_id} if buyer.user else {"cart": buyer.cart_id}
