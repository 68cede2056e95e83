"""Every write of orders. A status is written by a guarded UPDATE; what follows from a change
(stock, history, event) happens in its transaction, and only where the UPDATE found its row.
"""

from decimal import Decimal
from functools import cache
from typing import Any, NoReturn

from django.db.models import F
from django.db.models.functions import Now, Round

from accounts.models import User
from cart.pricing import PricedCart, price_items
from cart.services import lock_items, lock_open_cart, mark_cart_ordered
from catalog.services import return_stock, take_stock
from orders.errors import (
    CartEmpty,
    CartNotFound,
    CartNotOpen,
    IllegalTransition,
    TotalChanged,
    TotalLimit,
)
from orders.models import Order, OrderEvent, OrderItem, OrderQuerySet
from orders.states import PARTLY_PAID, OrderStatus, sources_of
from shop.core import events
from shop.core.money import MAX_AMOUNT, currency, show
from shop.core.transactions import transactional
from shop.engine import Insert, Update, insert


@transactional
def place_order(*, user: User, cart_id: int, expected_total: Decimal | None = None) -> Order:
    """Make the user's open cart an order, and take its stock. Nothing happens unless all does.

    Locks the user, then the products in ascending id; the catalogue's revision is bumped last.
    ``expected_total`` is what the buyer saw, in the shop's currency. Raises CartNotFound,
    CartNotOpen, CartEmpty, OutOfStock, ProductUnavailable, TotalChanged, TotalLimit.
    """
    items = lock_items(user=user, cart_id=cart_id)
    if not items:
        _refuse_cart(user, cart_id)
    priced = price_items(item for item, _ in items)
    _check_total(priced.total, expected_total)
    mark_cart_ordered(user=user, cart_id=cart_id)
    order = _write_order(user, cart_id, priced)
    take_stock(
        products=[product for _, product in items],
        quantities={item.product_id: item.quantity for item, _ in items},
        reason=f"Order {order.pk}",
        actor=user,
    )
    return order


def _refuse_cart(user: User, cart_id: int) -> NoReturn:
    if cart_id == lock_open_cart(user):
        raise CartEmpty
    order_id = Order.objects.filter(cart_id=cart_id, user=user).values_list("pk", flat=True).first()
    if order_id is None:
        raise CartNotFound
    raise CartNotOpen(order_id=order_id)


def _check_total(total: Decimal, expected: Decimal | None) -> None:
    if total > MAX_AMOUNT:
        raise TotalLimit(limit=show(MAX_AMOUNT))
    if expected is not None and total != expected:
        raise TotalChanged(total=show(total), expected=show(expected))


def _write_order(user: User, cart_id: int, priced: PricedCart) -> Order:
    order = Order(user=user, cart_id=cart_id, total=priced.total, currency=currency())
    insert(order)
    _ITEMS.send_with_next(
        (order.pk, line.product_id, line.name, line.unit_price, line.quantity, line.line_total)
        for line in priced.items
    )
    _write_event(order.pk, order.status, "Order placed", user)
    total = {"total": show(order.total), "currency": order.currency}
    _record(order.pk, "placed", user_id=user.pk, **total)
    return order


def _record(order_id: int, what: str, **data: events.Fact) -> None:
    events.record(f"order.{what}", object_type="order", object_id=order_id, data=data)


def _write_event(order_id: int, status: str, note: str, actor: User | None) -> None:
    _EVENTS.send_with_next([(order_id, status, note, None if actor is None else actor.pk)])


_ITEMS = Insert(OrderItem, "order_id", "product_id", "name", "unit_price", "quantity", "line_total")
_EVENTS = Insert(OrderEvent, "order_id", "status", "note", "actor_id")


@transactional
def cancel_order(*, order_id: int, actor: User | None, note: str = "") -> None:
    """Cancel a pending or confirmed order and return its stock, once. Raises IllegalTransition.

    A payment in flight is not waited for: money that comes later goes back.
    """
    _move(order_id, OrderStatus.CANCELLED, actor=actor, note=note)
    _return_goods(order_id, f"Order {order_id} cancelled", actor)


def _return_goods(order_id: int, reason: str, actor: User | None) -> None:
    quantities = dict(
        OrderItem.objects.filter(order_id=order_id).values_list("product_id", "quantity")
    )
    return_stock(quantities=quantities, reason=reason, actor=actor)


@transactional
def confirm_order(*, order_id: int, actor: User | None, note: str = "") -> None:
    """Promise to deliver before the money comes. Raises IllegalTransition."""
    _move(order_id, OrderStatus.CONFIRMED, actor=actor, note=note)


@transactional
def ship_order(*, order_id: int, actor: User) -> None:
    """Note that the goods went out. Raises IllegalTransition."""
    _move(order_id, OrderStatus.SHIPPED, actor=actor)


@transactional
def deliver_order(*, order_id: int, actor: User) -> None:
    """Note that the goods arrived. Raises IllegalTransition."""
    _move(order_id, OrderStatus.DELIVERED, actor=actor)


def record_payment(*, order_id: int, amount: Decimal, actor: User | None) -> bool:
    """Take the money for an order; False if the order takes none, and it must go back.

    Needs the caller's transaction. ``amount`` is in the order's currency, its total at most. An
    order whose goods went out already keeps its status, and so does a confirmed one that is paid in
    part: the money shows in ``amount_paid``.
    """
    if _try_move(order_id, OrderStatus.PAID, actor=actor, note="Payment received", amount=amount):
        return True
    promised = Order.objects.filter(pk=order_id, status__in=PARTLY_PAID, paid_at=None)
    if not promised.update(amount_paid=amount, paid_at=Now()):
        return False
    note_event(order_id=order_id, note="Payment received", actor=actor)
    _record(order_id, "paid", amount=show(amount))
    return True


def record_refund(*, order_id: int, amount: Decimal, restock: bool, actor: User | None) -> None:
    """Note money that went back; the order is ``refunded`` once all of it did.

    Needs the caller's transaction, with the order locked. ``amount`` is in the order's currency.
    With ``restock`` the order's goods come back into stock, the first time alone.
    """
    # Rounded, since SQLite adds decimals as floats.
    paid = Order.objects.filter(pk=order_id)
    paid.update(amount_refunded=Round(F("amount_refunded") + amount, precision=2))
    note = f"Refunded {show(amount)}"
    if not _try_move(order_id, OrderStatus.REFUNDED, actor=actor, note=note):
        note_event(order_id=order_id, note=note, actor=actor)
    if restock and paid.filter(restocked_at=None).update(restocked_at=Now()):
        _return_goods(order_id, f"Order {order_id} came back", actor)


def note_event(*, order_id: int, note: str, actor: User | None) -> None:
    """Write down what happened to an order without changing its status."""
    status = Order.objects.values_list("status", flat=True).get(pk=order_id)
    _write_event(order_id, status, note, actor)


def _move(order_id: int, wanted: OrderStatus, *, actor: User | None, note: str = "") -> None:
    if not _try_move(order_id, wanted, actor=actor, note=note):
        status = Order.objects.values_list("status", flat=True).get(pk=order_id)
        raise IllegalTransition(order_status=status, wanted=wanted.value)


def _try_move(
    order_id: int, wanted: OrderStatus, *, actor: User | None, note: str = "", **amount: Decimal
) -> bool:
    """Change an order's status; nothing else writes that column. True for the one that did it.

    ``amount`` is the money that the change is about, if any.
    """
    if not sources_of(wanted) or not _move_to(wanted).run(order_id=order_id, **amount):
        return False
    _write_event(order_id, wanted.value, note, actor)
    _record(order_id, wanted.value, **{name: show(value) for name, value in amount.items()})
    return True


# What must be true of an order's money before it may become that.
_MONEY: dict[OrderStatus, dict[str, Any]] = {
    OrderStatus.CANCELLED: {"amount_paid": 0},
    OrderStatus.REFUNDED: {"amount_paid__gt": 0, "amount_refunded": F("amount_paid")},
}


@cache
def _move_to(wanted: OrderStatus) -> Update[...]:
    """Return the guarded UPDATE that decides a change of status."""

    def build(order_id: int, amount: Decimal | None = None) -> tuple[OrderQuerySet, dict[str, Any]]:
        movable = Order.objects.filter(pk=order_id, status__in=sources_of(wanted))
        movable = movable.filter(**_MONEY.get(wanted, {}))
        if amount is None:
            return movable, {"status": wanted}
        money = {"amount_paid": amount, "paid_at": Now()}
        return movable.filter(total=amount), {"status": wanted, **money}

    return Update(build)
