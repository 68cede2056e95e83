"""The rules of payments."""

from shop.testing.model.statuses import (
    PAYABLE,
    amount_due_of,
    remember,
    status_of,
)
from shop.testing.model.world import OPEN_PAYMENT, Order, Payment, Refused, World

MAXIMUM_OF_TRANSFERS = 5000_00
_ENDS_LATER = {"demo_late", "demo_timeout"}


def begin(world: World, order: Order, method: str, token: str, amount: int | None) -> Payment:
    """Begin a payment of all that is left, or of ``amount``."""
    check_payable(order)
    covered = order.covered
    left = order.due - covered
    if left <= 0:
        raise Refused("payment_in_progress")
    wanted = left if amount is None else amount
    if wanted > left:
        raise Refused("payment_amount_limit")
    payment = Payment(method, wanted, token=token, is_partial=bool(covered) or wanted < left)
    if payment.is_recorded_by_staff and wanted > MAXIMUM_OF_TRANSFERS:
        raise Refused("payment_method_limit")
    order.payments.append(payment)
    if payment.is_recorded_by_staff or token in _ENDS_LATER:
        return payment
    if token == "demo_decline":
        payment.status = "failed"
    elif token == "demo_action":
        payment.status = "requires_action"
    else:
        _succeed(world, order, payment)
    return payment


def check_payable(order: Order) -> None:
    """Refuse an order that owes nothing."""
    if status_of(order) not in PAYABLE or not amount_due_of(order):
        raise Refused("order_not_payable")


def refresh(world: World, order: Order, payment: Payment) -> None:
    """Ask the provider again, as a repeated request does."""
    if payment.status == "pending" and payment.token in _ENDS_LATER:
        _succeed(world, order, payment)


def confirm(world: World, order: Order, payment: Payment) -> None:
    """Continue a payment."""
    _check_open(payment)
    if payment.is_recorded_by_staff:
        raise Refused("payment_not_confirmable")
    check_payable(order)
    _succeed(world, order, payment)


def cancel(world: World, order: Order, payment: Payment) -> None:
    """Cancel an open payment. The demo card has captured a payment that timed out."""
    _check_open(payment)
    if payment.token == "demo_timeout" and not world.captures_later:
        _succeed(world, order, payment)
    else:
        payment.status = "cancelled"


def record(world: World, order: Order, payment: Payment, amount: int | None) -> None:
    """Record money that arrived by bank transfer."""
    _check_open(payment)
    if not payment.is_recorded_by_staff:
        raise Refused("payment_not_manual")
    if order.is_cancelled:
        raise Refused("order_not_payable")
    if amount not in {None, payment.amount}:
        raise Refused("amount_mismatch")
    bring(world, order, payment, payment.amount)


def capture(world: World, order: Order, payment: Payment, amount: int | None) -> None:
    """Capture an authorised payment or a part of it."""
    if not payment.authorised_left:
        raise Refused("illegal_transition")
    if order.is_cancelled:
        raise Refused("order_not_payable")
    limit = max(0, min(payment.authorised_left, order.due - order.paid))
    wanted = limit if amount is None else amount
    if wanted > limit or not limit:
        raise Refused("capture_limit")
    bring(world, order, payment, wanted)


def void(payment: Payment) -> None:
    """Void an authorised payment, or release what can still be captured of one."""
    if not payment.authorised_left:
        raise Refused("illegal_transition")
    if payment.status == "authorised":
        payment.status = "cancelled"
    payment.capturable = 0


def bring(world: World, order: Order, payment: Payment, amount: int) -> None:
    """Add captured money to an order, or return it if the order does not accept it."""
    if payment.captured:
        _bring_more(order, payment, amount)
        return
    payment.captured = amount
    if payment.status == "authorised" and world.captures_parts:
        payment.capturable = payment.amount - amount
    accepts = status_of(order) in PAYABLE and order.paid < order.due
    if not (accepts and order.paid + amount <= order.total):
        _return_late(payment)
        return
    payment.status = "succeeded"
    order.paid += amount
    remember(order)
    if payment.is_partial and order.secured >= order.due:
        order.is_confirmed = True


def _bring_more(order: Order, payment: Payment, amount: int) -> None:
    """Add money of a further capture, also to an order that was refunded."""
    payment.captured += amount
    payment.capturable -= amount
    payment.status = "succeeded"
    order.paid += amount
    remember(order)


def _return_late(payment: Payment) -> None:
    """Return money that came too late: at once, but staff have to return what they recorded."""
    payment.is_late = True
    payment.refunded = payment.captured
    payment.has_pending_refund = payment.is_recorded_by_staff
    payment.status = "refund_pending" if payment.has_pending_refund else "refunded"


def _succeed(world: World, order: Order, payment: Payment) -> None:
    if not world.captures_later:
        bring(world, order, payment, payment.amount)
        return
    payment.status, payment.was_authorised = "authorised", True
    if not order.is_cancelled and (not payment.is_partial or order.secured >= order.due):
        order.is_confirmed = True


def _check_open(payment: Payment) -> None:
    if payment.status not in OPEN_PAYMENT:
        raise Refused("illegal_transition")


def confirm_order(order: Order) -> None:
    """Confirm an order before it is paid."""
    if status_of(order) != "pending":
        raise Refused("illegal_transition")
    order.is_confirmed = True
