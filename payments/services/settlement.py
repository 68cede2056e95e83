"""Phase C: store the outcome of a payment or refund, in one transaction.

The functions may be repeated and run in parallel: a guarded UPDATE lets the first caller change the
status, and later callers change nothing. Each movement of money adds an entry to the ledger in the
same transaction.
"""

from copy import copy
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from orders.models import Order
from orders.services import (
    close_refunded_return,
    note_event,
    record_payment,
    record_refund,
    refresh_statuses,
)
from payments.gateways import (
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    RefundState,
)
from payments.models import (
    EntryKind,
    Payment,
    PaymentQuerySet,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from payments.services.commitments import recommit
from payments.services.confirming import confirm_secured_order, confirm_unpaid_order
from payments.services.entries import add_ledger_entry, record_payment_event
from payments.services.failed_refunds import record_failure
from payments.services.further_captures import settle_further_capture
from payments.services.late_refunds import begin_late_refund, begin_refund_of_excess
from payments.states import OPEN, UNDECIDED, payment_sources, refund_sources
from shop.core.transactions import transactional
from shop.engine import Update


@transactional
def settle(*, payment: Payment, outcome: Outcome, actor: User | None = None) -> Payment:
    """Store the outcome of an open or authorised payment; return it as stored afterwards.

    Locks the order. Money of a further capture is added to what the payment has brought. If the
    order can no longer be paid, the payment becomes ``refund_pending`` and gets a pending refund,
    which the caller has to send after the transaction. So does a capture of more than is due,
    because items were cancelled meanwhile.
    """
    payment = copy(payment)  # after a deadlock this function runs again with the same argument
    order = None
    if outcome.status == OutcomeStatus.SUCCEEDED:
        # The UPDATE does not depend on the order's row, so the lock is sent together with it.
        Order.objects.lock_with_next_statement(payment.order_id)
    else:
        order = Order.objects.lock(payment.order_id)
    captured = payment.amount if outcome.captured is None else outcome.captured
    if not _update_payment(payment, outcome, captured):
        return settle_further_capture(payment.pk, outcome, actor)
    previous_status, payment.status = payment.status, outcome.status.value
    payment.provider_reference = outcome.reference or payment.provider_reference
    if order is None:
        payment.amount_captured = captured
        payment.amount_capturable = _left_of(payment, outcome, captured)
        _record_capture(payment, actor)
        if previous_status == PaymentStatus.AUTHORISED and not payment.is_late:
            begin_refund_of_excess(payment, captured)
    elif payment.status in OPEN:
        confirm_unpaid_order(payment, order, actor)
        if PaymentStatus.PROCESSING in {previous_status, payment.status}:
            refresh_statuses(payment.order_id)
    else:
        payment.failure_code = outcome.failure_code
        _store_end_of_authorisation(payment, outcome)
        _record_without_capture(payment, previous_status, order, actor)
    return payment


def _store_end_of_authorisation(payment: Payment, outcome: Outcome) -> None:
    if outcome.capture_before is not None:
        payment.capture_before = outcome.capture_before
        Payment.objects.filter(pk=payment.pk).update(capture_before=outcome.capture_before)


def _update_payment(payment: Payment, outcome: Outcome, captured: Decimal) -> int:
    """Run the guarded UPDATE; return 1, or 0 if the table of moves does not allow it."""
    values: dict[str, Any] = {}
    if outcome.reference:
        values["reference"] = outcome.reference
    if outcome.status == OutcomeStatus.SUCCEEDED:
        values["captured"] = captured
        if outcome.capturable:
            values["capturable"] = _left_of(payment, outcome, captured)
    if outcome.action is not None:
        values["action"] = outcome.action.type.value
    if outcome.failure_code:
        values["failure"] = outcome.failure_code
    return _guarded_update(PaymentStatus(outcome.status)).run(payment_id=payment.pk, **values)


def _left_of(payment: Payment, outcome: Outcome, captured: Decimal) -> Decimal:
    """Return what can still be captured, which is within the amount whatever a gateway reports."""
    return min(outcome.capturable, payment.amount - captured)


@cache
def _guarded_update(wanted: PaymentStatus) -> Update[...]:
    """Return the UPDATE that makes a payment ``wanted`` if the table of moves allows it."""

    def build(
        payment_id: int,
        reference: str | None = None,
        captured: Decimal | None = None,
        capturable: Decimal | None = None,
        failure: str | None = None,
        action: str | None = None,
    ) -> tuple[PaymentQuerySet, dict[str, Any]]:
        columns = {
            "provider_reference": reference,
            "amount_captured": captured,
            "amount_capturable": capturable,
            "failure_code": failure,
            "action_type": action,
        }
        changes: dict[str, Any] = {
            name: value for name, value in columns.items() if value is not None
        }
        if wanted not in UNDECIDED:
            changes["settled_at"] = Now()
        movable = Payment.objects.filter(pk=payment_id, status__in=payment_sources(wanted))
        return movable, {"status": wanted, **changes}

    return Update(build)


def _record_capture(payment: Payment, actor: User | None) -> None:
    """Add captured money to the ledger, then credit it to the order or begin its refund."""
    add_ledger_entry(payment, EntryKind.CAPTURED, payment.amount_captured, actor)
    if not record_payment(order_id=payment.order_id, amount=payment.amount_captured, actor=actor):
        begin_late_refund(payment, payment.amount_captured)
        return
    record_payment_event(payment, "succeeded", payment.amount_captured)
    if payment.amount_captured != payment.amount:
        recommit(payment.order_id)
    if payment.is_partial:
        confirm_secured_order(payment, Order.objects.lock(payment.order_id), actor)


def _record_without_capture(
    payment: Payment, previous_status: str, order: Order, actor: User | None
) -> None:
    """Add an authorisation, failure or cancellation to the ledger; update the order's timeline.

    An authorisation of all that is due confirms a pending order.
    """
    add_ledger_entry(payment, _LEDGER_KINDS[payment.status], payment.amount, actor)
    if payment.status == PaymentStatus.FAILED:
        record_payment_event(payment, "failed", payment.amount)
    if payment.status == PaymentStatus.AUTHORISED:
        confirm_secured_order(payment, order, actor)
        refresh_statuses(payment.order_id)
        return
    recommit(payment.order_id)
    if previous_status == PaymentStatus.AUTHORISED:
        refresh_statuses(payment.order_id, note="Authorisation voided", actor=actor)
    elif previous_status == PaymentStatus.PROCESSING:
        refresh_statuses(payment.order_id)


_LEDGER_KINDS = {
    PaymentStatus.AUTHORISED.value: EntryKind.AUTHORISED,
    PaymentStatus.FAILED.value: EntryKind.FAILED,
    PaymentStatus.CANCELLED.value: EntryKind.VOIDED,
}


@transactional
def settle_refund(*, refund: Refund, outcome: RefundOutcome) -> Refund:
    """Store the outcome of a refund; return it as stored afterwards. Locks the order.

    A failed refund releases the amount that it had reserved, also if it had succeeded before.
    """
    payment = refund.payment
    Order.objects.lock(payment.order_id)
    changes: dict[str, Any] = {"status": outcome.status.value}
    if outcome.reference:
        changes["provider_reference"] = outcome.reference
    if outcome.status != RefundState.PENDING:
        changes["settled_at"] = Now()
    previous_status = Refund.objects.values_list("status", flat=True).get(pk=refund.pk)
    if outcome.failure_code:
        changes["failure_code"] = outcome.failure_code
    sources = refund_sources(RefundStatus(outcome.status))
    is_first = Refund.objects.filter(pk=refund.pk, status__in=sources).update(**changes)
    refunds = Refund.objects.select_related("payment", "actor").prefetch_related("items__item")
    settled = refunds.get(pk=refund.pk)
    if is_first and outcome.status == RefundState.SUCCEEDED:
        _record_refund_success(settled)
    elif is_first and outcome.status == RefundState.FAILED:
        had_succeeded = previous_status == RefundStatus.SUCCEEDED
        record_failure(settled, had_succeeded=had_succeeded)
    return settled


def _record_refund_success(refund: Refund) -> None:
    """Add refunded money to the ledger, and update payment and order.

    The caller must have locked the order.
    """
    payment, amount = refund.payment, refund.amount
    add_ledger_entry(payment, EntryKind.REFUNDED, amount, refund.actor, refund)
    record_payment_event(payment, "refunded", amount, refund_id=refund.pk, is_late=payment.is_late)
    _mark_refunded_in_full(payment)
    if payment.is_late:
        note_event(order_id=payment.order_id, note="Late payment refunded", actor=refund.actor)
    else:
        _credit_order(refund)


def _credit_order(refund: Refund) -> None:
    """Record refunded money of an order, return its items to stock, and close its return."""
    order_id, actor = refund.payment.order_id, refund.actor
    units = {each.item_id: each.quantity for each in refund.items.all()} or None
    record_refund(
        order_id=order_id,
        amount=refund.amount,
        restock=refund.restock,
        actor=actor,
        units=units,
        begun_at=refund.created_at,
    )
    if refund.order_return_id is not None:
        close_refunded_return(return_id=refund.order_return_id, actor=actor)


def _mark_refunded_in_full(payment: Payment) -> None:
    """Make a payment ``refunded`` if all of it was refunded and no refund is pending."""
    if Refund.objects.pending().filter(payment=payment).exists():
        return
    wanted = PaymentStatus.REFUNDED
    Payment.objects.filter(
        pk=payment.pk,
        status__in=payment_sources(wanted),
        amount_refunded=F("amount_captured"),
    ).update(status=wanted)
