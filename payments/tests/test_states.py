"""The tables of moves, compared with a second copy, and an attempt of every pair of states."""

from contextlib import contextmanager

import pytest
from django.db import transaction

from orders.factories import place_order
from payments import services
from payments.factories import pay
from payments.gateways import Outcome, OutcomeStatus, RefundOutcome, RefundState
from payments.models import LedgerEntry, Payment, PaymentStatus, Refund, RefundStatus
from payments.services.settlement import _mark_refunded_in_full, begin_late_refund
from payments.states import PAYMENT_MOVES, REFUND_MOVES

PAYMENT_ALLOWED = {
    ("pending", "pending"),
    ("pending", "requires_action"),
    ("pending", "authorised"),
    ("pending", "succeeded"),
    ("pending", "failed"),
    ("pending", "cancelled"),
    ("requires_action", "pending"),
    ("requires_action", "requires_action"),
    ("requires_action", "authorised"),
    ("requires_action", "succeeded"),
    ("requires_action", "failed"),
    ("requires_action", "cancelled"),
    *((now, "processing") for now in ("pending", "requires_action", "processing")),
    ("processing", "pending"),
    ("processing", "requires_action"),
    ("processing", "authorised"),
    ("processing", "succeeded"),
    ("processing", "failed"),
    ("processing", "cancelled"),
    ("authorised", "succeeded"),
    ("authorised", "failed"),
    ("authorised", "cancelled"),
    ("succeeded", "refund_pending"),
    ("succeeded", "refunded"),
    ("failed", "refund_pending"),
    ("cancelled", "refund_pending"),
    ("refund_pending", "refunded"),
}
REFUND_ALLOWED = {
    ("pending", "pending"),
    ("pending", "succeeded"),
    ("pending", "failed"),
    ("succeeded", "failed"),
}


def pairs(moves):
    return {(now.value, wanted.value) for now, targets in moves.items() for wanted in targets}


def test_the_tables_have_exactly_these_moves():
    assert pairs(PAYMENT_MOVES) == PAYMENT_ALLOWED
    assert pairs(REFUND_MOVES) == REFUND_ALLOWED
    assert (set(PAYMENT_MOVES), set(REFUND_MOVES)) == (set(PaymentStatus), set(RefundStatus))


@contextmanager
def rolled_back():
    """Undo what the block writes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def payment(ada, tea):
    return pay(place_order(ada.user, tea), token="demo_late")


def put(payment, status):
    """Store a status, with the amounts that the constraints require."""
    has_money = status in ("succeeded", "refund_pending", "refunded")
    captured = payment.amount if has_money else 0
    refunded = payment.amount if status == "refunded" else 0
    Payment.objects.filter(pk=payment.pk).update(
        status=status, amount_captured=captured, amount_refunded=refunded
    )
    payment.refresh_from_db()


def move(payment, wanted):
    """Call the function that gives a payment this status. Each of them runs a guarded UPDATE."""
    if wanted == "refund_pending":
        begin_late_refund(payment, payment.amount)
    elif wanted == "refunded":
        if payment.amount_captured:
            Payment.objects.filter(pk=payment.pk).update(amount_refunded=payment.amount)
        _mark_refunded_in_full(payment)
    else:
        outcome = Outcome(OutcomeStatus(wanted), reference="moved")
        services.settle(payment=payment, outcome=outcome)


@pytest.mark.parametrize("now", list(PaymentStatus))
def test_a_payment_changes_its_status_only_as_the_table_allows(payment, now):
    for wanted in PaymentStatus:
        with rolled_back():
            put(payment, now)
            move(payment, wanted)
            assert_moved_as_the_table_allows(now, wanted)


def assert_moved_as_the_table_allows(now, wanted):
    stored = Payment.objects.get()
    is_allowed = (now, wanted) in PAYMENT_ALLOWED
    assert stored.status == (wanted if is_allowed else now)
    if wanted in set(OutcomeStatus):
        assert (stored.provider_reference == "moved") is is_allowed
        kinds = {"authorised", "captured", "failed", "voided"}
        is_entered = is_allowed and wanted not in ("pending", "requires_action", "processing")
        assert LedgerEntry.objects.filter(kind__in=kinds).exists() is is_entered
    assert Refund.objects.exists() is (is_allowed and wanted == "refund_pending")


def test_a_late_refund_does_not_begin_if_the_status_changed_meanwhile(payment):
    put(payment, "failed")
    Payment.objects.update(status="cancelled")
    assert not begin_late_refund(payment, payment.amount)
    assert (Payment.objects.get().status, Refund.objects.count()) == ("cancelled", 0)


@pytest.mark.parametrize("wanted", list(RefundStatus))
@pytest.mark.parametrize("now", list(RefundStatus))
def test_a_refund_changes_its_status_only_as_the_table_allows(amy, ada, tea, now, wanted):
    payment = pay(place_order(ada.user, tea))
    refund_id = services.begin_refund(
        payment_id=payment.pk, amount=None, reason="", restock=False, actor=amy.user
    )
    refund = services.get_refund(refund_id)
    services.settle_refund(refund=refund, outcome=RefundOutcome(RefundState(now)))
    before = LedgerEntry.objects.filter(kind="refunded").count()
    outcome = RefundOutcome(RefundState(wanted), reference="moved")
    services.settle_refund(refund=refund, outcome=outcome)
    is_allowed = (now, wanted) in REFUND_ALLOWED
    stored = Refund.objects.get()
    assert stored.status == (wanted if is_allowed else now)
    assert (stored.provider_reference == "moved") is is_allowed
    entries = LedgerEntry.objects.filter(kind="refunded").count() - before
    assert entries == (is_allowed and wanted == "succeeded")
    if is_allowed and wanted == "failed":
        assert Payment.objects.get().amount_refunded == 0
