"""Placing an order and beginning its first payment in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from cart.guests import Buyer
from orders.errors import TotalChanged
from orders.models import Order
from orders.services import NO_FEE, place_once
from payments.models import Payment
from payments.services.beginning import (
    begin_first_payment,
    begin_payment_of,
    check_method,
    fee_with_name,
    live_payment_of,
)
from payments.states import UNDECIDED
from shop.core.money import show
from shop.core.transactions import transactional


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """The order of a cart, and its payment; None for an order that costs nothing.

    ``is_new_payment`` says that its gateway has not been called yet.
    """

    order: Order
    payment: Payment | None
    is_new_order: bool
    is_new_payment: bool


@transactional
def check_out(
    *,
    buyer: Buyer,
    cart_id: int,
    expected_total: Decimal,
    method: str | None,
    before_payment: Callable[[int | None], object],
    return_url: str = "",
) -> CheckedOut:
    """Order a cart and begin the payment of the order, or do what is still to do of that.

    ``method`` is None for an order that costs nothing, of which ``expected_total`` is 0.
    If the cart was ordered before: a payment in progress and a paid order are returned as they are.
    Otherwise a payment of all that is left begins, such as after a failed payment.
    ``before_payment`` is called with the id of an order that has existed before, or None, before a
    payment begins, and may raise an error. Locks as ``place_order`` does, then the order. Raises
    MethodNotConfigured before anything is written, and the errors of ``place_order`` and
    ``begin_payment``; then nothing was changed.
    """
    if method:
        check_method(method)
    fee = fee_with_name(method, buyer.language) if method else NO_FEE
    placed = place_once(
        buyer=buyer, cart_id=cart_id, expected_total=expected_total, fee=fee, is_committed=True
    )
    if placed.is_new:
        if method is None or placed.row.paid_at is not None:
            return CheckedOut(placed.row, None, is_new_order=True, is_new_payment=False)
        before_payment(None)
        payment = begin_first_payment(placed.row, method, return_url)
        return CheckedOut(placed.row, payment, is_new_order=True, is_new_payment=True)
    order = Order.objects.lock(placed.row.pk)
    live = live_payment_of(order.pk)
    is_undecided = live is not None and live.status in UNDECIDED
    if is_undecided or order.paid_at is not None:
        return CheckedOut(order, live, is_new_order=False, is_new_payment=False)
    if method is None:
        raise _total_changed(order, expected_total)
    before_payment(order.pk)
    payment = begin_payment_of(order, method, return_url=return_url)
    if order.total != expected_total:
        raise _total_changed(order, expected_total)
    return CheckedOut(order, payment, is_new_order=False, is_new_payment=True)


def _total_changed(order: Order, expected_total: Decimal) -> TotalChanged:
    facts = {"total": show(order.total), "expected": show(expected_total)}
    return TotalChanged(**facts, changes=[])
