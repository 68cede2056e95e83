"""Phase C: store the outcome of a payment or refund, whoever reports it, in one transaction.

Safe to repeat and to run in parallel: a guarded UPDATE decides, and the second caller changes
nothing. Each movement of money adds an entry to the ledger in the same transaction.
"""

from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import F
from django.db.models.functions import Now, Round

from accounts.models import User
from orders.models import Order
from orders.services import confirm_order, note_event, record_payment, record_refund
from orders.states import OrderStatus
from payments import gateways
from payments.gateways import Outcome, OutcomeStatus, RefundOutcome, RefundState
from payments.models import (
    EntryKind,
    LedgerEntry,
    Payment,
    PaymentQuerySet,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from payments.states import OPEN, UNDECIDED, payment_sources, refund_sources
from shop.core import events
from shop.core.money import show
from shop.core.transactions import transactional
from shop.engine import Insert, Update, insert


@transactional
def settle(*, payment: Payment, outcome: Outcome, actor: User | None = None) -> Payment:
    """Store the outcome of an open or authorised payment; return it as stored afterwards.

    Locks the order first. Money for an order that takes none any more is marked
    ``refund_pending``, with a refund that the caller sends after the transaction.
    """
    order_status = ""
    if outcome.status == OutcomeStatus.SUCCEEDED:  # the UPDATE does not depend on the order
        Order.objects.lock_with_next_statement(payment.order_id)
    else:
        order_status = Order.objects.lock(payment.order_id).status
    captured = payment.amount if outcome.captured is None else outcome.captured
    if not _move(payment.pk, outcome, captured):
        return Payment.objects.get(pk=payment.pk)
    before, payment.status = payment.status, outcome.status.value
    payment.provider_reference = outcome.reference or payment.provider_reference
    if outcome.status == OutcomeStatus.SUCCEEDED:
        payment.amount_captured = captured
        _take_money(payment, actor)
    elif payment.status in OPEN:
        _wait(payment, order_status, actor)
    else:
        _close(payment, before, order_status, actor)
    return payment


def _move(payment_id: int, outcome: Outcome, captured: Decimal) -> int:
    values: dict[str, Any] = {}
    if outcome.reference:
        values["reference"] = outcome.reference
    if outcome.status == OutcomeStatus.SUCCEEDED:
        values["captured"] = captured
    return _move_to(PaymentStatus(outcome.status)).run(payment_id=payment_id, **values)


@cache
def _move_to(wanted: PaymentStatus) -> Update[...]:
    """Return the guarded UPDATE that decides a change of status."""

    def build(
        payment_id: int, reference: str | None = None, captured: Decimal | None = None
    ) -> tuple[PaymentQuerySet, dict[str, Any]]:
        columns = {"provider_reference": reference, "amount_captured": captured}
        becomes: dict[str, Any] = {
            name: value for name, value in columns.items() if value is not None
        }
        if wanted not in UNDECIDED:
            becomes["settled_at"] = Now()
        movable = Payment.objects.filter(pk=payment_id, status__in=payment_sources(wanted))
        return movable, {"status": wanted, **becomes}

    return Update(build)


def _take_money(payment: Payment, actor: User | None) -> None:
    """Enter captured money in the ledger, and credit the order, or refund it."""
    _enter(payment, EntryKind.CAPTURED, payment.amount_captured, actor)
    if record_payment(order_id=payment.order_id, amount=payment.amount_captured, actor=actor):
        _record(payment, "succeeded", payment.amount_captured)
        return
    begin_late_refund(payment, payment.amount_captured)


def begin_late_refund(payment: Payment, captured: Decimal) -> bool:
    """Mark captured money that its order does not take, and store the refund of all of it.

    The caller has locked the order, and sends the refund after its transaction. False if the
    payment has changed since the caller read it, or is in a state that holds no such money.
    """
    movable = Payment.objects.filter(pk=payment.pk, status=payment.status)
    movable = movable.filter(status__in=payment_sources(PaymentStatus.REFUND_PENDING))
    payment.status = PaymentStatus.REFUND_PENDING
    payment.amount_captured = payment.amount_refunded = captured
    payment.is_late = True
    names = ("status", "amount_captured", "amount_refunded", "is_late")
    if not movable.update(settled_at=Now(), **{name: getattr(payment, name) for name in names}):
        return False
    insert(Refund(payment=payment, amount=captured, reason="Late payment"))
    return True


def _wait(payment: Payment, order_status: str, actor: User | None) -> None:
    gateway = gateways.registered()[payment.method]
    if gateway.confirms_order and order_status == OrderStatus.PENDING:
        confirm_order(order_id=payment.order_id, actor=actor, note=gateway.name)


def _close(payment: Payment, before: str, order_status: str, actor: User | None) -> None:
    """Enter an authorisation, which confirms the order, or the end of a payment without money."""
    _enter(payment, _KIND_OF_END[payment.status], payment.amount, actor)
    if payment.status == PaymentStatus.FAILED:
        _record(payment, "failed", payment.amount)
    if payment.status == PaymentStatus.AUTHORISED:
        if order_status == OrderStatus.PENDING:
            confirm_order(order_id=payment.order_id, actor=actor, note="Payment authorised")
    elif before == PaymentStatus.AUTHORISED:
        note_event(order_id=payment.order_id, note="Authorisation let go", actor=actor)


_KIND_OF_END = {
    PaymentStatus.AUTHORISED.value: EntryKind.AUTHORISED,
    PaymentStatus.FAILED.value: EntryKind.FAILED,
    PaymentStatus.CANCELLED.value: EntryKind.VOIDED,
}


_ENTRIES = Insert(LedgerEntry, "payment_id", "refund_id", "kind", "amount", "reference", "actor_id")


def _enter(payment: Payment, kind: EntryKind, amount: Decimal, actor: User | None) -> None:
    _write_entry(payment.pk, kind, amount, payment.provider_reference, actor)


def _write_entry(
    payment_id: int,
    kind: EntryKind,
    amount: Decimal,
    reference: str,
    actor: User | None,
    refund_id: int | None = None,
) -> None:
    actor_id = None if actor is None else actor.pk
    _ENTRIES.send_with_next([(payment_id, refund_id, kind.value, amount, reference, actor_id)])


@transactional
def settle_refund(*, refund: Refund, outcome: RefundOutcome) -> Refund:
    """Store the outcome of a pending refund; return it as stored afterwards. Locks the order first.

    A refund that failed releases the amount that it had reserved.
    """
    payment = refund.payment
    Order.objects.lock(payment.order_id)
    becomes: dict[str, Any] = {"status": outcome.status.value}
    if outcome.reference:
        becomes["provider_reference"] = outcome.reference
    if outcome.status != RefundState.PENDING:
        becomes["settled_at"] = Now()
    sources = refund_sources(RefundStatus(outcome.status))
    is_first = Refund.objects.filter(pk=refund.pk, status__in=sources).update(**becomes)
    settled = Refund.objects.select_related("payment", "actor").get(pk=refund.pk)
    if is_first and outcome.status == RefundState.SUCCEEDED:
        _record_success(settled)
    elif is_first and outcome.status == RefundState.FAILED:
        left = Round(F("amount_refunded") - refund.amount, precision=2)
        Payment.objects.filter(pk=payment.pk).update(amount_refunded=left)
        note_event(order_id=payment.order_id, note="Refund failed", actor=refund.actor)
    return settled


def _record_success(refund: Refund) -> None:
    """Enter refunded money, and update payment and order. The caller has locked the order."""
    payment, amount = refund.payment, refund.amount
    reference = refund.provider_reference
    _write_entry(payment.pk, EntryKind.REFUNDED, amount, reference, refund.actor, refund.pk)
    _record(payment, "refunded", amount, refund_id=refund.pk, is_late=payment.is_late)
    _close_refunded(payment)
    if payment.is_late:
        note_event(order_id=payment.order_id, note="Late payment refunded", actor=refund.actor)
    else:
        record_refund(
            order_id=payment.order_id, amount=amount, restock=refund.restock, actor=refund.actor
        )


def _record(payment: Payment, what: str, amount: Decimal, **more: events.Fact) -> None:
    data = {
        "order_id": payment.order_id,
        "method": payment.method,
        "amount": show(amount),
        "currency": payment.currency,
        **more,
    }
    events.record(f"payment.{what}", object_type="payment", object_id=payment.pk, data=data)


def _close_refunded(payment: Payment) -> None:
    """Make a payment ``refunded`` once all of it was refunded."""
    if Refund.objects.pending().filter(payment=payment).exists():
        return
    wanted = PaymentStatus.REFUNDED
    Payment.objects.filter(
        pk=payment.pk,
        status__in=payment_sources(wanted),
        amount_refunded=F("amount_captured"),
    ).update(status=wanted)
