"""Placing an order: everything about a cart is checked, copied and taken in one transaction."""

from decimal import Decimal
from typing import NoReturn

from accounts.addresses import fold_address
from cart.guests import Buyer
from cart.locks import lock_cart
from cart.ordering import LockedCart, lock_cart_to_order, mark_cart_ordered
from cart.priced import PricedCart, email_of
from cart.problems import VoucherNotApplicable
from cart.promotions.errors import VoucherNotRedeemed
from cart.promotions.services import redeem
from catalog import revision
from catalog.services import take_stock
from orders.errors import CartEmpty, CartNotFound, CartNotOpen
from orders.limits import number_and_held
from orders.models import Order
from orders.services.copies import NewOrder, write_order
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
    revision last. Raises CartNotFound, CartNotOpen, CartEmpty, the first of the problems that
    ``orders.services.refusals`` lists, with all of them.
    """
    locked = lock_cart_to_order(buyer=buyer, cart_id=cart_id, fee=fee)
    if locked is None:
        _raise_cart_error(buyer, cart_id)
    email = email_of(buyer, locked.members)
    key = fold_address(email) if email else ""
    number, held = number_and_held(buyer=buyer, cart_id=cart_id, email_key=key)
    members, items, totals = locked.members, locked.items, locked.totals
    refuse(PricedCart(buyer, cart_id, None, members, items, totals), locked, held, expected_total)
    mark_cart_ordered(cart_id=cart_id)
    new = NewOrder(buyer, cart_id, number, email, key, held.database_time)
    order = write_order(new, locked)
    if order.total == ZERO and pay_free_order(order_id=order.pk):
        order.status = OrderStatus.PAID
    _take(order, locked, buyer)
    return order


def _take(order: Order, locked: LockedCart, buyer: Buyer) -> None:
    """Take the units from stock and redeem the vouchers; set the revision of the catalog last."""
    sold_out = take_stock(
        products=locked.products,
        quantities={item.product_id: item.quantity for item in locked.items},
        reason=f"Order {order.pk}",
        actor=buyer.user,
    )
    codes = [voucher.code for voucher in locked.totals.vouchers if voucher.is_applied]
    if codes:
        _redeem(codes, order)
    if sold_out:
        revision.bump(sold_out)


def _redeem(codes: list[str], order: Order) -> None:
    """Count a use of each voucher. Raises VoucherNotApplicable for one that was used up now."""
    try:
        redeem(codes=codes, order_id=order.pk, user_id=order.user_id, email=order.email)
    except VoucherNotRedeemed as error:
        raise VoucherNotApplicable(**error.facts) from None


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
