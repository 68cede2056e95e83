"""Refunds: reserve the amount in a transaction, then call the gateway without a lock."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Round
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Order, Return
from orders.services import refundable_units
from payments import gateways
from payments.errors import AlreadyRestocked, PaymentNotRefundable, RefundLimit, ReturnNotInOrder
from payments.gateways import GatewayUnavailable, RefundOutcome, RefundState
from payments.models import Payment, PaymentStatus, Refund
from payments.services.allocations import (
    Share,
    allocate,
    check_restock,
    check_return_units,
    not_refunded_yet,
    slices_of,
    store_slices,
)
from payments.services.charges import charge_of, gateway_of
from payments.services.settlement import settle_refund
from payments.states import REFUNDABLE
from shop.core import tracing
from shop.core.errors import InvalidField
from shop.core.money import ZERO, add_up, show
from shop.core.transactions import transactional
from shop.engine import insert

logger = logging.getLogger("shop.payments")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to refund, and why. Amounts are in the currency of the order.

    Without ``units`` (by product) and ``shipping`` it is ``amount``, or all that is left. With
    them, ``amount`` may be less than they are worth. ``restock`` returns the units to stock when
    the refund succeeds; without units, all units of the order. ``by_hand`` records money that staff
    returned without the gateway.
    """

    amount: Decimal | None = None
    units: Mapping[int, int] = field(default_factory=dict)
    shipping: bool = False
    reason: str = ""
    restock: bool = False
    by_hand: bool = False
    return_id: int | None = None
    of_cancellation: bool = False


@transactional
def begin_refund(
    *,
    payment_id: int,
    amount: Decimal | None,
    reason: str,
    restock: bool,
    actor: User,
    by_hand: bool = False,
) -> int:
    """Begin a refund that names no items, as ``begin_payment_refund`` does; return its id."""
    wanted = Wanted(amount=amount, reason=reason, restock=restock, by_hand=by_hand)
    return begin_payment_refund(payment_id=payment_id, wanted=wanted, actor=actor)


@transactional
def begin_payment_refund(*, payment_id: int, wanted: Wanted, actor: User) -> int:
    """Insert a pending refund of one payment and reserve its amount; return its id.

    Locks the order. Raises PaymentNotRefundable, RefundLimit, RefundUnitsLimit, ItemNotInOrder,
    AlreadyRestocked, ReturnNotInOrder, ReturnNotOpen, InvalidField for the restock of a return.
    """
    payment = Payment.objects.get(pk=payment_id)
    order = Order.objects.lock(payment.order_id)
    payment.refresh_from_db()
    is_late = payment.status == PaymentStatus.REFUND_PENDING
    if payment.status not in REFUNDABLE or (is_late and (wanted.units or wanted.shipping)):
        raise PaymentNotRefundable(payment_status=payment.status)
    if wanted.restock and is_late:
        raise AlreadyRestocked(order_id=order.pk)
    return _begin(order, [payment], wanted, actor)


@transactional
def begin_order_refund(*, order_id: int, wanted: Wanted, actor: User) -> int:
    """Insert pending refunds of the payments of an order, the newest first; return the first's id.

    With ``return_id`` the units are those of the return that were not refunded for it yet, unless
    ``wanted`` has units. Locks the order. Raises the errors of ``begin_payment_refund``.
    """
    order = Order.objects.lock(order_id)
    return _begin(order, refundable_payments(order_id), wanted, actor)


def refundable_payments(order_id: int) -> list[Payment]:
    """Return the payments that hold money of an order, the newest first."""
    payments = Payment.objects.filter(order_id=order_id, status=PaymentStatus.SUCCEEDED)
    return [payment for payment in payments.order_by("-pk") if left_of(payment)]


def left_of(payment: Payment) -> Decimal:
    """Return what can still be refunded of a payment."""
    return payment.amount_captured - payment.amount_refunded


def _of_return(order: Order, wanted: Wanted, return_id: int) -> Wanted:
    """Return what is wanted, with the units of the return that were not refunded for it yet.

    Receiving a return is the one place where its units return to stock.
    """
    row = Return.objects.filter(pk=return_id, order=order).first()
    if row is None:
        raise ReturnNotInOrder
    if wanted.restock:
        raise InvalidField(field="restock", reason=_("Receive the return to restock its units."))
    left = not_refunded_yet(return_id, order.pk, refundable_units(row))
    check_return_units(order, wanted.units, left)
    if not (left or wanted.shipping or wanted.amount):
        raise RefundLimit(refundable=show(ZERO))
    return replace(wanted, units=wanted.units or left)


def _begin(order: Order, payments: Sequence[Payment], wanted: Wanted, actor: User | None) -> int:
    """Insert a refund of each payment until the amount is reached; return the first one's id."""
    if wanted.return_id is not None:
        wanted = _of_return(order, wanted, wanted.return_id)
    left = add_up(left_of(payment) for payment in payments)
    shares: list[Share] = []
    if wanted.units or wanted.shipping:
        shares = allocate(order, units=wanted.units, shipping=wanted.shipping, amount=wanted.amount)
    if wanted.restock:
        _check_restock(order, shares)
    amount = add_up(share.amount for share in shares) if shares else wanted.amount
    amount = left if amount is None else amount
    if amount == ZERO or amount > left:
        raise RefundLimit(refundable=show(left))
    refunds = insert_refunds(divide_among(payments, amount), shares, wanted, actor)
    return refunds[0].pk


def _check_restock(order: Order, shares: Sequence[Share]) -> None:
    if not shares and order.restocked_at:
        raise AlreadyRestocked(order_id=order.pk)
    check_restock(order, shares)


def divide_among(payments: Sequence[Payment], amount: Decimal) -> list[tuple[Payment, Decimal]]:
    """Return how much each payment pays of an amount, which they have together."""
    found: list[tuple[Payment, Decimal]] = []
    for payment in payments:
        part = min(left_of(payment), amount)
        if part:
            found.append((payment, part))
            amount -= part
    return found


def insert_refunds(
    amounts: Sequence[tuple[Payment, Decimal]],
    shares: Sequence[Share],
    wanted: Wanted,
    actor: User | None,
) -> list[Refund]:
    """Insert a pending refund of each payment, and reserve its amount and its items.

    Needs the caller's transaction, with the order locked. Raises RefundLimit, RefundUnitsLimit.
    """
    refunds: list[Refund] = []
    slices = slices_of(shares, [amount for _, amount in amounts])
    for (payment, amount), parts in zip(amounts, slices, strict=True):
        has_units = any(each.units for each in parts) if wanted.units else not refunds
        if not reserve(payment.pk, amount):
            raise RefundLimit(refundable=show(left_of(payment)))
        shipping = [each for each in parts if each.item is None]
        refund = Refund(
            payment=payment,
            amount=amount,
            reason=wanted.reason,
            restock=wanted.restock and has_units,
            by_hand=wanted.by_hand,
            shipping=add_up(each.amount for each in shipping),
            shipping_tax=add_up(each.tax for each in shipping),
            of_cancellation=wanted.of_cancellation,
            order_return_id=wanted.return_id,
            first=refunds[0] if refunds else None,
            actor=actor,
        )
        insert(refund)
        store_slices(refund, parts)
        refunds.append(refund)
    return refunds


def reserve(payment_id: int, amount: Decimal) -> bool:
    """Add ``amount`` to a payment's refunded amount, unless it would exceed what was captured.

    Return whether it was added. The check and the change are one UPDATE, so parallel refunds cannot
    exceed the captured amount together.
    """
    # SQLite calculates with floats, so the result is rounded.
    left = Round(F("amount_captured") - F("amount_refunded"), precision=2)
    refundable = Payment.objects.annotate(left=left).filter(
        pk=payment_id, status__in=REFUNDABLE, left__gte=amount
    )
    more = Round(F("amount_refunded") + amount, precision=2)
    return bool(refundable.update(amount_refunded=more))


def get_refund(refund_id: int) -> Refund:
    """Return a refund with its payment, actor and items. Raises Refund.DoesNotExist."""
    refunds = Refund.objects.select_related("payment", "actor")
    return refunds.prefetch_related("items__item").get(pk=refund_id)


def send_refund(refund: Refund) -> Refund:
    """Refund at the gateway; return the refund as stored afterwards.

    The gateway refunds once for each refund's key, so the call may be repeated. A refund by hand is
    settled without a call. If the gateway does not answer, the refund stays pending.
    """
    if refund.by_hand:
        return settle_refund(refund=refund, outcome=RefundOutcome(RefundState.SUCCEEDED))
    payment = refund.payment
    tracing.note(order_id=payment.order_id, payment_id=payment.pk, refund_id=refund.pk)
    gateway, charge = gateway_of(payment), charge_of(payment)
    try:
        outcome = gateways.call_outside_transaction(
            lambda: gateway.refund(charge, amount=refund.amount, key=str(refund.provider_key))
        )
    except GatewayUnavailable as error:
        logger.warning("refund %s: the outcome is unknown: %s", refund.pk, error)
        return refund
    return settle_refund(refund=refund, outcome=outcome)


def refunds_of_request(refund_id: int) -> list[Refund]:
    """Return a refund and those of other payments that were begun with it, the first one first."""
    first = get_refund(refund_id)
    together = Refund.objects.filter(first=first, payment__order_id=first.payment.order_id)
    others = together.select_related("payment", "actor").prefetch_related("items__item")
    return [first, *others.order_by("pk")]


def send_pending_refunds(payment: Payment) -> Payment:
    """Send the pending refunds of a payment; return the payment as stored afterwards."""
    for refund in Refund.objects.pending().filter(payment=payment):
        send_refund(refund)
    return Payment.objects.get(pk=payment.pk)
