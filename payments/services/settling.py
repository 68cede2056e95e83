"""Phase C: write what became of a payment or a refund, whoever brings it, in one transaction.

Safe to repeat and to race: a guarded UPDATE decides, and whoever comes second changes nothing.
Each movement of money leaves an entry in the ledger, beside what it makes of payment and order.
"""

from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Now, Round

from accounts.models import User
from orders.services import (
    confirm_order,
    hold_order,
    lock_order,
    note_event,
    record_payment,
    record_refund,
)
from orders.states import OrderStatus
from payments import gateways
from payments.gateways import Outcome, OutcomeStatus, RefundOutcome, RefundState
from payments.models import (
    OPEN,
    EntryKind,
    LedgerEntry,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from shop.core.statements import Insert, Update, insert
from shop.core.transactions import transactional

UNDECIDED = (*OPEN, PaymentStatus.AUTHORISED)
"""What a gateway's answer may still move."""


@transactional
def settle(*, payment: Payment, outcome: Outcome, actor: User | None = None) -> Payment:
    """Write what became of an open or authorised payment; return it as it then stands.

    Locks the order first. Money for an order that takes none any more is marked
    ``refund_pending``, with a refund that the caller sends once the transaction is over.
    """
    order_status = ""
    if outcome.status == OutcomeStatus.SUCCEEDED:  # which no status of the order keeps from it
        hold_order(order_id=payment.order_id)
    else:
        order_status = lock_order(order_id=payment.order_id)
    captured = payment.amount if outcome.captured is None else outcome.captured
    if not _write(payment.pk, outcome, captured):
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


def _becomes(
    payment_id: int, status: str, reference: str | None = None
) -> tuple[QuerySet[Payment], dict[str, Any]]:
    named = {} if reference is None else {"provider_reference": reference}
    return Payment.objects.open().filter(pk=payment_id), {"status": status, **named}


def _ends(
    payment_id: int, captured: Decimal | None = None, **becomes: Any
) -> tuple[QuerySet[Payment], dict[str, Any]]:
    money = {} if captured is None else {"amount_captured": captured}
    undecided = Payment.objects.filter(pk=payment_id, status__in=UNDECIDED)
    return undecided, {**_becomes(payment_id, **becomes)[1], **money, "settled_at": Now()}


# What decides who settles a payment.
_STAY_OPEN, _END = Update(_becomes), Update(_ends)


def _write(payment_id: int, outcome: Outcome, captured: Decimal) -> int:
    becomes: dict[str, Any] = {"status": outcome.status.value}
    if outcome.reference:
        becomes["reference"] = outcome.reference
    if outcome.status == OutcomeStatus.SUCCEEDED:
        return _END.run(payment_id=payment_id, captured=captured, **becomes)
    stays = outcome.status.value in UNDECIDED
    return (_STAY_OPEN if stays else _END).run(payment_id=payment_id, **becomes)


def _take_money(payment: Payment, actor: User | None) -> None:
    """Enter captured money, and give it to the order, or back where the order takes none."""
    _enter(payment, EntryKind.CAPTURED, payment.amount_captured, actor)
    if record_payment(order_id=payment.order_id, amount=payment.amount_captured, actor=actor):
        return
    give_late_money_back(payment)


def give_late_money_back(payment: Payment) -> None:
    """Mark captured money that its order does not take, and write the refund of all of it.

    The caller holds the order's lock, has just won the payment's guarded UPDATE, and sends the
    refund once its transaction is over.
    """
    payment.status = PaymentStatus.REFUND_PENDING
    payment.amount_refunded = payment.amount_captured
    payment.is_late = True
    payment.save(update_fields=["status", "amount_refunded", "is_late"])
    insert(Refund(payment=payment, amount=payment.amount_captured, reason="Late payment"))


def _wait(payment: Payment, order_status: str, actor: User | None) -> None:
    gateway = gateways.known()[payment.method]
    if gateway.confirms_order and order_status == OrderStatus.PENDING:
        confirm_order(order_id=payment.order_id, actor=actor, note=gateway.name)


def _close(payment: Payment, before: str, order_status: str, actor: User | None) -> None:
    """Enter what is no money yet, or will never be; an authorised order is confirmed by that."""
    _enter(payment, _KIND_OF_END[payment.status], payment.amount, actor)
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
    _ENTRIES.defer([(payment_id, refund_id, kind.value, amount, reference, actor_id)])


@transactional
def settle_refund(*, refund: Refund, outcome: RefundOutcome) -> Refund:
    """Write what became of a pending refund; return it as it then stands. Locks the order first.

    One that failed gives back what it had reserved of the payment.
    """
    payment = refund.payment
    hold_order(order_id=payment.order_id)
    becomes: dict[str, Any] = {"status": outcome.status.value}
    if outcome.reference:
        becomes["provider_reference"] = outcome.reference
    if outcome.status != RefundState.PENDING:
        becomes["settled_at"] = Now()
    pending = Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING)
    is_first = pending.update(**becomes)
    settled = Refund.objects.select_related("payment", "actor").get(pk=refund.pk)
    if is_first and outcome.status == RefundState.SUCCEEDED:
        _give_back(settled)
    elif is_first and outcome.status == RefundState.FAILED:
        left = Round(F("amount_refunded") - refund.amount, precision=2)
        Payment.objects.filter(pk=payment.pk).update(amount_refunded=left)
        note_event(order_id=payment.order_id, note="Refund failed", actor=refund.actor)
    return settled


def _give_back(refund: Refund) -> None:
    """Enter money that went back, and tell payment and order. The caller holds the order's lock."""
    payment, amount = refund.payment, refund.amount
    reference = refund.provider_reference
    _write_entry(payment.pk, EntryKind.REFUNDED, amount, reference, refund.actor, refund.pk)
    _close_refunded(payment)
    if payment.is_late:
        note_event(order_id=payment.order_id, note="Late payment refunded", actor=refund.actor)
    else:
        record_refund(
            order_id=payment.order_id, amount=amount, restock=refund.restock, actor=refund.actor
        )


def _close_refunded(payment: Payment) -> None:
    """Let a payment be ``refunded`` once all of it went back."""
    if Refund.objects.filter(payment=payment, status=RefundStatus.PENDING).exists():
        return
    Payment.objects.filter(
        pk=payment.pk,
        status__in=[PaymentStatus.SUCCEEDED, PaymentStatus.REFUND_PENDING],
        amount_refunded=F("amount_captured"),
    ).update(status=PaymentStatus.REFUNDED)
