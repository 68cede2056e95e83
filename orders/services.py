"""Every write of orders.

Each change of status is a guarded UPDATE: it changes the row only if ``orders.states`` allows the
new status after the present one. Stock, timeline and events are written in the same transaction,
and only if the UPDATE changed the row.
"""

from decimal import Decimal
from typing import NoReturn

from django.db.models import F
from django.db.models.functions import Now, Round

from accounts.models import User
from cart.guests import Buyer
from cart.locks import lock_cart
from cart.ordering import lock_items, mark_cart_ordered, price_items
from cart.pricing import Totals
from catalog.services import return_stock, take_stock
from orders.errors import (
    CartEmpty,
    CartNotFound,
    CartNotOpen,
    IllegalTransition,
    TotalChanged,
    TotalLimit,
)
from orders.limits import check_open_orders
from orders.models import Order, OrderItem
from orders.statements import new_events, new_items, set_paid, set_status
from orders.states import PARTLY_PAID, OrderStatus, sources_of
from shop.core import events, tracing
from shop.core.money import MAX_AMOUNT, ZERO, currency, show
from shop.core.transactions import transactional
from shop.engine import insert

_NOTHING_TO_PAY = "Nothing to pay"


@transactional
def place_order(*, user: User, cart_id: int, expected_total: Decimal | None = None) -> Order:
    """Turn the user's open cart into an order and take its stock, or change nothing.

    An order whose total is 0 is paid at once, without a payment.

    Locks the user, then the products in ascending id, and the catalog revision last.
    ``expected_total`` is the total that the buyer saw, in the shop's currency. Raises CartNotFound,
    CartNotOpen, CartEmpty, OpenOrderLimit, HeldUnitsLimit, OutOfStock, ProductUnavailable,
    TotalChanged, TotalLimit.
    """
    items = lock_items(buyer=Buyer(user), cart_id=cart_id)
    if not items:
        _raise_cart_error(user, cart_id)
    check_open_orders(user_id=user.pk, units=sum(item.quantity for item, _ in items))
    priced = price_items([item for item, _ in items])
    _check_total(priced.total, expected_total)
    mark_cart_ordered(cart_id=cart_id)
    order = _write_order(user, cart_id, priced)
    if order.total == ZERO and pay_free_order(order_id=order.pk):
        order.status = OrderStatus.PAID
    take_stock(
        products=[product for _, product in items],
        quantities={item.product_id: item.quantity for item, _ in items},
        reason=f"Order {order.pk}",
        actor=user,
    )
    return order


@transactional
def pay_free_order(*, order_id: int) -> bool:
    """Mark an order whose total is 0 as paid, without a payment. Return False if it was not open.

    ``place_order`` does so itself. This is for orders that another release has placed.
    """
    return record_payment(order_id=order_id, amount=ZERO, actor=None, note=_NOTHING_TO_PAY)


def _raise_cart_error(user: User, cart_id: int) -> NoReturn:
    """Raise the error that says why a cart has no items to order."""
    if cart_id == lock_cart(Buyer(user)):
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


def _write_order(user: User, cart_id: int, priced: Totals) -> Order:
    """Insert an order with its items and its first event."""
    order = Order(user=user, cart_id=cart_id, total=priced.total, currency=currency())
    insert(order)
    tracing.note(order_id=order.pk)
    new_items.send_with_next(
        (order.pk, item.product_id, item.name, item.unit_price, item.quantity, item.line_total)
        for item in priced.items
    )
    _add_to_timeline(order.pk, order.status, "Order placed", user)
    total = {"total": show(order.total), "currency": order.currency}
    _record_event(order.pk, "placed", user_id=user.pk, **total)
    return order


@transactional
def cancel_order(*, order_id: int, actor: User | None, note: str = "") -> None:
    """Cancel a pending or confirmed order and return its stock, once. Raises IllegalTransition.

    A paid order whose total is 0 can be cancelled too: there is no money to refund.
    Does not wait for a payment in progress: a payment that succeeds later is refunded.
    """
    _set_status(order_id, OrderStatus.CANCELLED, actor=actor, note=note)
    _return_units(order_id, f"Order {order_id} cancelled", actor)


@transactional
def confirm_order(*, order_id: int, actor: User | None, note: str = "") -> None:
    """Confirm an order before it is paid, so that it can be shipped. Raises IllegalTransition."""
    _set_status(order_id, OrderStatus.CONFIRMED, actor=actor, note=note)


@transactional
def ship_order(*, order_id: int, actor: User) -> None:
    """Record that an order was shipped. Raises IllegalTransition."""
    _set_status(order_id, OrderStatus.SHIPPED, actor=actor)


@transactional
def deliver_order(*, order_id: int, actor: User) -> None:
    """Record that an order was delivered. Raises IllegalTransition."""
    _set_status(order_id, OrderStatus.DELIVERED, actor=actor)


def record_payment(
    *, order_id: int, amount: Decimal, actor: User | None, note: str = "Payment received"
) -> bool:
    """Record a captured payment. Return False if it must be refunded, as for a cancelled order.

    Needs the caller's transaction. ``amount`` is in the order's currency, and at most its total. A
    shipped or delivered order keeps its status, and so does a confirmed order that is paid in part:
    only ``amount_paid`` and ``paid_at`` show the payment.
    """
    if set_paid.run(order_id=order_id, amount=amount):
        _add_to_timeline(order_id, OrderStatus.PAID.value, note, actor)
    else:
        unpaid = Order.objects.filter(pk=order_id, status__in=PARTLY_PAID, paid_at=None)
        if not unpaid.update(amount_paid=amount, paid_at=Now()):
            return False
        note_event(order_id=order_id, note=note, actor=actor)
    _record_event(order_id, "paid", amount=show(amount))
    return True


def record_refund(*, order_id: int, amount: Decimal, restock: bool, actor: User | None) -> None:
    """Record a refund. The order becomes ``refunded`` once all that was paid is refunded.

    Needs the caller's transaction, with the order locked. ``amount`` is in the order's currency.
    With ``restock``, the order's units return to stock, unless an earlier refund returned them.
    """
    orders = Order.objects.filter(pk=order_id)
    # Rounded, since SQLite adds decimals as floats.
    orders.update(amount_refunded=Round(F("amount_refunded") + amount, precision=2))
    note = f"Refunded {show(amount)}"
    if not _try_to_set_status(order_id, OrderStatus.REFUNDED, actor=actor, note=note):
        note_event(order_id=order_id, note=note, actor=actor)
    if restock and orders.filter(restocked_at=None).update(restocked_at=Now()):
        _return_units(order_id, f"Order {order_id} came back", actor)


def note_event(*, order_id: int, note: str, actor: User | None) -> None:
    """Add a note to an order's timeline, with its present status.

    Needs the caller's transaction.
    """
    _add_to_timeline(order_id, _status_of(order_id), note, actor)


def _set_status(order_id: int, status: OrderStatus, *, actor: User | None, note: str = "") -> None:
    """Set an order's status. Raises IllegalTransition."""
    if not _try_to_set_status(order_id, status, actor=actor, note=note):
        raise IllegalTransition(order_status=_status_of(order_id), wanted=status.value)


def _try_to_set_status(
    order_id: int, status: OrderStatus, *, actor: User | None, note: str = ""
) -> bool:
    """Set an order's status to one other than ``PAID``. Return False if that is not allowed.

    If several calls run at the same time, only one of them returns True.
    """
    if not sources_of(status) or not set_status(status).run(order_id=order_id):
        return False
    _add_to_timeline(order_id, status.value, note, actor)
    _record_event(order_id, status.value)
    return True


def _status_of(order_id: int) -> str:
    return Order.objects.values_list("status", flat=True).get(pk=order_id)


def _return_units(order_id: int, reason: str, actor: User | None) -> None:
    """Return all units of an order to stock."""
    quantities = dict(
        OrderItem.objects.filter(order_id=order_id).values_list("product_id", "quantity")
    )
    return_stock(quantities=quantities, reason=reason, actor=actor)


def _add_to_timeline(order_id: int, status: str, note: str, actor: User | None) -> None:
    """Add an OrderEvent, which buyer and staff see."""
    new_events.send_with_next([(order_id, status, note, None if actor is None else actor.pk)])


def _record_event(order_id: int, name: str, **data: events.Fact) -> None:
    """Record the event ``order.<name>`` for handlers (``shop.core.events``)."""
    events.record(f"order.{name}", object_type="order", object_id=order_id, data=data)
