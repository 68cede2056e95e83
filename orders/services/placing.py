"""Placing an order: everything about a cart is checked, copied and taken in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.addresses import fold_address
from cart.guests import Buyer
from cart.locks import lock_cart
from cart.ordering import LockedCart, lock_cart_to_order, mark_cart_ordered
from cart.priced import PricedCart, email_of
from cart.problems import VoucherNotApplicable
from cart.promotions.errors import VoucherNotRedeemed
from cart.promotions.limits import count_uses
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


@dataclass(frozen=True, slots=True)
class Fee:
    """The fee of a payment method: an amount in the shop's currency, and the method's name."""

    amount: Decimal
    name: str


NO_FEE = Fee(ZERO, "")


@transactional
def place_order(
    *,
    buyer: Buyer,
    cart_id: int,
    expected_total: Decimal | None = None,
    fee: Fee = NO_FEE,
    pay_before: datetime | None = None,
) -> Order:
    """Turn the buyer's open cart into an order and take its stock, or change nothing.

    An order whose total is 0 is paid at once, without a payment. ``fee`` is that of the payment
    method, and ``expected_total`` the total that the buyer saw, in the shop's currency. The payment
    window ends at ``pay_before``, if there is one, instead of the ordinary end.

    Locks the user, the cart, then the products in ascending id, the promotions with limits, the
    vouchers, and the catalog revision last. Raises CartNotFound, CartNotOpen, CartEmpty, and the
    first of the problems that ``orders.services.refusals`` lists, with all of them.
    """
    order = place_once(
        buyer=buyer,
        cart_id=cart_id,
        expected_total=expected_total,
        fee=fee,
        pay_before=pay_before,
    )
    if not order.is_new:
        raise CartNotOpen(order_id=order.row.pk)
    return order.row


@dataclass(frozen=True, slots=True)
class Placed:
    """The order of a cart, and whether it was placed just now."""

    row: Order
    is_new: bool


def place_once(
    *,
    buyer: Buyer,
    cart_id: int,
    expected_total: Decimal | None,
    fee: Fee = NO_FEE,
    pay_before: datetime | None = None,
    is_committed: bool = False,
) -> Placed:
    """Place an order as ``place_order`` does, or return the order that the cart has already.

    With ``is_committed`` a payment of the whole order begins in the same transaction.

    Needs the caller's transaction. Raises the same errors, except CartNotOpen.
    """
    locked = lock_cart_to_order(buyer=buyer, cart_id=cart_id, fee=fee.amount)
    if locked is None:
        return Placed(_order_of_cart(buyer, cart_id), is_new=False)
    email = email_of(buyer, locked.members)
    key = fold_address(email)
    number, held = number_and_held(buyer=buyer, cart_id=cart_id, email_key=key)
    members, items, totals = locked.members, locked.items, locked.totals
    refuse(PricedCart(buyer, cart_id, None, members, items, totals), locked, held, expected_total)
    mark_cart_ordered(cart_id=cart_id)
    placed_at, name = held.database_time, fee.name
    new = NewOrder(
        buyer, cart_id, number, email, key, placed_at, name, pay_before, is_committed=is_committed
    )
    order = write_order(new, locked)
    if order.total == ZERO and pay_free_order(order_id=order.pk):
        order.status, order.paid_at = OrderStatus.PAID, held.database_time
    _take(order, locked, buyer)
    return Placed(order, is_new=True)


def _take(order: Order, locked: LockedCart, buyer: Buyer) -> None:
    """Take the units from stock and count the uses of vouchers and promotions.

    Sets the revision of the catalog last.
    """
    sold_out = take_stock(
        products=locked.products,
        quantities={item.product_id: item.quantity for item in locked.items},
        reason=f"Order {order.pk}",
        actor=buyer.actor,
    )
    # A code for free shipping is not spent where shipping costs nothing.
    vouchers = locked.totals.vouchers
    codes = [voucher.code for voucher in vouchers if voucher.is_applied and voucher.amount]
    if codes:
        _redeem(codes, order)
    limited = {each.promotion_id for each in locked.totals.discounts if each.is_limited}
    if limited:
        count_uses(sorted(limited), order_id=order.pk, user_id=order.user_id, email=order.email)
    if sold_out:
        revision.bump(sold_out)


def _redeem(codes: list[str], order: Order) -> None:
    """Count a use of each voucher. Raises VoucherNotApplicable for one that was used up now."""
    try:
        redeem(codes=codes, order_id=order.pk, user_id=order.user_id, email=order.email)
    except VoucherNotRedeemed as error:
        raise VoucherNotApplicable(**error.facts) from None


def _order_of_cart(buyer: Buyer, cart_id: int) -> Order:
    """Return the order of a cart that has no items to order. Raises CartEmpty, CartNotFound."""
    if cart_id == lock_cart(buyer):
        raise CartEmpty
    order = Order.objects.filter(cart_id=cart_id, **_owner(buyer)).first()
    if order is None:
        raise CartNotFound
    return order


def _owner(buyer: Buyer) -> dict[str, int | None]:
    """Return the condition that a cart's order is the buyer's."""
    if buyer.user is None or buyer.cart_id is not None:
        return {"cart": buyer.cart_id}
    return {"cart__user_id": buyer.user_id}
