"""Changes of an order's status, and the amounts that were paid and refunded."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now, Round

from accounts.models import User
from cart.promotions.services import release
from catalog import revision
from catalog.services import put_back
from orders.errors import IllegalTransition
from orders.models import Order, OrderAdjustment, OrderItem
from orders.payments import give_back
from orders.services.refreshing import read_facts, refresh_statuses
from orders.services.refunding import (
    mark_restocked,
    put_back_both,
    record_earlier_restock,
    restockable,
)
from orders.services.timeline import add_to_timeline, record_event, status_of
from orders.statements import add_payment, set_paid, set_status
from orders.states import OrderPaymentStatus, OrderStatus, derive, sources_of
from shop.core.money import ZERO, show
from shop.core.transactions import transactional

_NOTHING_TO_PAY = "Nothing to pay"


@transactional
def pay_free_order(*, order_id: int) -> bool:
    """Mark an order whose total is 0 as paid, without a payment. Return False if it was not open.

    ``place_order`` does so itself. This is for orders that another release has placed.
    """
    return record_payment(order_id=order_id, amount=ZERO, actor=None, note=_NOTHING_TO_PAY)


@transactional
def cancel_order(
    *, order_id: int, actor: User | None, note: str = "", by_guest: bool = False
) -> None:
    """Cancel a pending or confirmed order and return its stock, once. Raises IllegalTransition.

    The vouchers of the order can be used again.

    A paid order whose total is 0 can be cancelled too: there is no money to refund.
    What was paid of a pending order is refunded. Does not wait for a payment in progress: a payment
    that succeeds later is refunded, too.
    """

    def cancel() -> bool:
        wanted = OrderStatus.CANCELLED
        return _try_to_set_status(order_id, wanted, actor=actor, note=note, by_guest=by_guest)

    if not cancel() and not (_give_money_back(order_id, actor) and cancel()):
        raise IllegalTransition(
            order_status=status_of(order_id), wanted=OrderStatus.CANCELLED.value
        )
    in_stock_again = put_back(
        quantities=_quantities(order_id), reason=f"Order {order_id} cancelled", actor=actor
    )
    release_vouchers(order_id=order_id)
    if in_stock_again:
        revision.bump(in_stock_again)


def _give_money_back(order_id: int, actor: User | None) -> bool:
    """Let what was paid of a pending order be refunded, as if it had come too late.

    Return False, without a change, for an order that has no money or cannot be cancelled.
    """
    order = Order.objects.lock(order_id)
    if order.status != OrderStatus.PENDING or not order.amount_paid or order.restocked_at:
        return False
    left = order.amount_paid - order.amount_refunded
    Order.objects.filter(pk=order_id).update(amount_paid=0, amount_refunded=0)
    give_back(order_id)
    refresh_statuses(order_id, actor=actor, note=f"Refund of {show(left)} begun")
    return True


@transactional
def release_vouchers(*, order_id: int) -> bool:
    """Let the vouchers of a cancelled order be used again. Return whether there were any."""
    if not release(order_id=order_id):
        return False
    vouchers = OrderAdjustment.objects.filter(order_id=order_id).exclude(voucher="")
    vouchers.update(released_at=Now())
    return True


@transactional
def confirm_order(*, order_id: int, actor: User | None, note: str = "") -> None:
    """Confirm an order before it is paid, so that it can be shipped. Raises IllegalTransition."""
    _set_status(order_id, OrderStatus.CONFIRMED, actor=actor, note=note)


def record_payment(
    *, order_id: int, amount: Decimal, actor: User | None, note: str = "Payment received"
) -> bool:
    """Add captured money to an order. Return False if it must be refunded, as for a cancelled one.

    Needs the caller's transaction. ``amount`` is in the order's currency. An order accepts money
    until all that is due is paid, and never more than its total. ``order.paid`` is recorded once
    that is so, and ``order.partly_paid`` before. A pending order that is paid in part stays
    pending.
    """
    if set_paid.run(order_id=order_id, amount=amount):
        add_to_timeline(order_id, OrderStatus.PAID.value, note, actor)
        record_event(order_id, "paid", amount=show(amount))
        return True
    if not add_payment.run(order_id=order_id, amount=amount):
        return False
    statuses = refresh_statuses(order_id, actor=actor, note=note)
    if statuses.payment_status == OrderPaymentStatus.PARTLY_PAID:
        record_event(order_id, "partly_paid", amount=show(amount))
    return True


def record_further_payment(*, order_id: int, amount: Decimal, actor: User | None) -> bool:
    """Add what a further capture of a payment has brought, also to an order that was refunded.

    Return False for a cancelled order, and if the order would be paid more than its total. Needs
    the caller's transaction, with the order locked. ``amount`` is in the order's currency.
    """
    order = Order.objects.lock(order_id)
    paid = order.amount_paid + amount
    if order.status == OrderStatus.CANCELLED or paid > order.total:
        return False
    # One UPDATE, since a refunded order holds no money.
    status = derive(replace(read_facts(order), amount_paid=paid)).status
    Order.objects.filter(pk=order_id).update(amount_paid=paid, status=status)
    statuses = refresh_statuses(order_id, actor=actor, note="Payment received")
    if statuses.payment_status == OrderPaymentStatus.PARTLY_PAID:
        record_event(order_id, "partly_paid", amount=show(amount))
    return True


def record_refund(
    *,
    order_id: int,
    amount: Decimal,
    restock: bool,
    actor: User | None,
    units: Mapping[int, int] | None = None,
    begun_at: datetime | None = None,
) -> None:
    """Record a refund. The order becomes ``refunded`` once all that was paid is refunded.

    Needs the caller's transaction, with the order locked. ``amount`` is in the order's currency.
    With ``restock``, ``units`` return to stock, by the id of the item; None means all that are left
    of the order. Units that returned to stock before do not return again, and those that were
    shipped since ``begun_at`` do not return either.
    """
    orders = Order.objects.filter(pk=order_id)
    # Rounded, since SQLite adds decimals as floats.
    orders.update(amount_refunded=Round(F("amount_refunded") + amount, precision=2))
    refresh_statuses(order_id)
    returned, unshipped = _restock(order_id, units, begun_at) if restock else ({}, {})
    refresh_statuses(order_id, actor=actor, note=f"Refunded {show(amount)}")
    put_back_both(order_id, returned, unshipped, actor)


def _restock(
    order_id: int, units: Mapping[int, int] | None, begun_at: datetime | None
) -> tuple[dict[int, int], dict[int, int]]:
    """Record that units return to stock. Return those that came back, and the unshipped ones."""
    record_earlier_restock(Order.objects.get(pk=order_id))
    returned = mark_restocked(order_id, units, since=begun_at)
    items = OrderItem.objects.filter(order_id=order_id)
    if units is None and not any(restockable(item) for item in items):
        Order.objects.filter(pk=order_id, restocked_at=None).update(restocked_at=Now())
    return returned


def reverse_refund(*, order_id: int, amount: Decimal, note: str) -> None:
    """Take a refund back that failed after it had succeeded. Returned units stay in stock.

    Needs the caller's transaction, with the order locked. ``amount`` is in the order's currency.
    """
    order = Order.objects.lock(order_id)
    left = order.amount_refunded - amount
    # One UPDATE, since an order that holds money cannot be refunded.
    status = derive(replace(read_facts(order), amount_refunded=left)).status
    Order.objects.filter(pk=order_id).update(amount_refunded=left, status=status)
    refresh_statuses(order_id, note=note)


def _set_status(
    order_id: int,
    status: OrderStatus,
    *,
    actor: User | None,
    note: str = "",
    by_guest: bool = False,
) -> None:
    """Set an order's status. Raises IllegalTransition."""
    if not _try_to_set_status(order_id, status, actor=actor, note=note, by_guest=by_guest):
        raise IllegalTransition(order_status=status_of(order_id), wanted=status.value)


def _try_to_set_status(
    order_id: int,
    status: OrderStatus,
    *,
    actor: User | None,
    note: str = "",
    by_guest: bool = False,
) -> bool:
    """Set an order's status to one other than ``PAID``. Return False if that is not allowed.

    If several calls run at the same time, only one of them returns True.
    """
    if not sources_of(status) or not set_status(status).run(order_id=order_id):
        return False
    add_to_timeline(order_id, status.value, note, actor, by_guest=by_guest)
    record_event(order_id, status.value)
    return True


def _quantities(order_id: int) -> dict[int, int]:
    """Return the units of an order by product that did not return to stock before."""
    units = F("quantity") - F("quantity_cancelled") - F("quantity_restocked")
    items = OrderItem.objects.filter(order_id=order_id).annotate(units=units).filter(units__gt=0)
    return dict(items.values_list("product_id", "units"))


@transactional
def revoke_links(*, order_id: int) -> None:
    """Make all links to an order that were sent so far invalid (``orders.tokens``)."""
    Order.objects.filter(pk=order_id).update(links_valid_from=Now())
