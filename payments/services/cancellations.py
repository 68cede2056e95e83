"""Cancelling items of an order, with the payments that it changes."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from django.db.models import F
from django.db.models.functions import Round

from accounts.models import User
from orders import services as orders
from orders.errors import IllegalTransition
from orders.models import Fulfilment, FulfilmentState, Order
from orders.refunding import Part, reduce_to
from orders.services import Cancelled, shipping_of
from orders.statements import may_be_cancelled
from orders.states import OrderStatus
from payments.errors import PaymentInProgress
from payments.gateways import Outcome, OutcomeStatus
from payments.models import Payment, Refund, RefundStatus
from payments.services.allocations import Share, shipping_refunded
from payments.services.captures import is_being_captured, with_authorised_money
from payments.services.charges import gateway_of
from payments.services.commitments import committed_of, recommit
from payments.services.confirming import confirm_reduced_order
from payments.services.refunds import (
    Wanted,
    divide_among,
    insert_refunds,
    left_of,
    refundable_payments,
    send_refund,
)
from payments.services.settlement import settle
from shop.core.money import ZERO, add_up, exponent
from shop.core.transactions import transactional


@transactional
def cancel_items(
    *,
    order_id: int,
    units: Mapping[int, int],
    actor: User | None,
    by_guest: bool = False,
    by_buyer: bool = False,
) -> None:
    """Cancel units, by product, that were not shipped. Insert the refund of what is overpaid.

    The caller sends the refund after the transaction (``send_refunds_of_cancellations``). A payment
    whose money staff record, such as a bank transfer, becomes smaller, or is cancelled if nothing
    is left of it. A pending order is confirmed if the rest is secured. Locks the order, the
    products, the revision. Raises PaymentInProgress if a provider is just asked for the whole
    amount, IllegalTransition if the order is cancelled ``by_buyer`` and buyers may not cancel it
    any more, and the errors of ``orders.services.cancel_items``.
    """
    order = Order.objects.lock(order_id)
    if by_buyer and not may_be_cancelled(order):
        raise IllegalTransition(order_status=order.status, wanted=OrderStatus.CANCELLED.value)
    _check_no_capture(order_id)
    waiting = [_check_open(payment) for payment in Payment.objects.open().filter(order=order_id)]
    refund = partial(_adapt_payments, waiting=waiting, actor=actor)
    orders.cancel_items(
        order_id=order_id, units=units, actor=actor, refund=refund, by_guest=by_guest
    )


def _check_no_capture(order_id: int) -> None:
    """Raise PaymentInProgress if a payment is just captured for units that will be shipped."""
    pending = Fulfilment.objects.filter(order=order_id, status=FulfilmentState.PENDING)
    is_shipping = pending.exists()
    for payment in Payment.objects.filter(with_authorised_money(), order=order_id):
        if is_shipping or is_being_captured(payment):
            raise PaymentInProgress(payment_id=payment.pk)


def _check_open(payment: Payment) -> Payment:
    if not gateway_of(payment).recorded_by_staff:
        raise PaymentInProgress(payment_id=payment.pk)
    return payment


def _adapt_payments(cancelled: Cancelled, *, waiting: list[Payment], actor: User | None) -> None:
    """Ask for less money, return what was paid too much, and confirm what is secured now."""
    order = cancelled.order
    if waiting:
        _reduce(waiting, committed_of(order.pk) - order.total_due, actor)
        recommit(order.pk)
    too_much = order.amount_paid - order.total_due
    payments = refundable_payments(order.pk)
    left = add_up(left_of(payment) for payment in payments)
    amount = min(cancelled.amount, too_much, left)
    if amount > ZERO:
        wanted = Wanted(reason="Items cancelled", of_cancellation=True)
        staff = actor if actor is not None and actor.is_staff else None
        shares = _shares_of(cancelled, amount)
        insert_refunds(divide_among(payments, amount), shares, wanted, staff)
    confirm_reduced_order(order.pk, actor)


def _reduce(waiting: list[Payment], too_much: Decimal, actor: User | None) -> None:
    """Reduce payments that were not made yet by an amount, the newest first.

    One of which nothing is left is cancelled.
    """
    for payment in sorted(waiting, key=lambda payment: payment.pk, reverse=True):
        less = max(ZERO, min(payment.amount, too_much))
        too_much -= less
        if less == payment.amount:
            settle(payment=payment, outcome=Outcome(OutcomeStatus.CANCELLED), actor=actor)
            continue
        # Rounded, since SQLite subtracts decimals as floats.
        rest = Round(F("amount") - less, precision=2)
        Payment.objects.filter(pk=payment.pk).update(amount=rest)


def _shares_of(cancelled: Cancelled, amount: Decimal) -> list[Share]:
    """Return which items the amount is for, and how much of it is for shipping if none is left."""
    worth = [each.amount for each in cancelled.items]
    total = sum(worth, ZERO)
    amounts = reduce_to(worth, min(amount, total), exponent())
    shares = [
        Share(each.item, each.units, part, Part(each.amount, each.tax))
        for each, part in zip(cancelled.items, amounts, strict=True)
    ]
    if amount > total:
        part = shipping_of(cancelled.order, amount_refunded=shipping_refunded(cancelled.order.pk))
        rest = min(amount - total, part.total - part.amount_refunded)
        shares.append(Share(None, 0, rest, part))
    return shares


def send_refunds_of_cancellations(order_id: int) -> None:
    """Send the refunds that ``cancel_items`` has inserted. Each is sent once, by its key."""
    refunds = Refund.objects.filter(
        payment__order_id=order_id, of_cancellation=True, status=RefundStatus.PENDING
    )
    for refund in refunds.select_related("payment", "actor").order_by("pk"):
        send_refund(refund)
