"""The demo gateway. It simulates a card provider, moves no money, and fails on demand.

It stores charges in tables of its own, outside the shop's transactions, as a provider would. The
token chooses the result: without one the charge succeeds, ``demo_decline`` is declined,
``demo_action`` requires a confirmation, ``demo_timeout`` captures the money without answering, and
``demo_late`` succeeds when it is fetched.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Round
from django.utils.translation import gettext_noop

from payments.failures import FailureCode
from payments.gateways.base import (
    Charge,
    GatewayUnavailable,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    RefundState,
    ReportedCharge,
    ReportedRefund,
)
from payments.models import DemoCapture, DemoCharge, DemoRefund, Payment
from shop.core.money import ZERO
from shop.core.transactions import transactional
from shop.engine import insert

_FIRST_STATUS = {
    "demo_decline": "declined",
    "demo_action": "requires_action",
    "demo_late": "processing",
}
_OUTCOMES = {
    "processing": OutcomeStatus.PENDING,
    "requires_action": OutcomeStatus.REQUIRES_ACTION,
    "authorised": OutcomeStatus.AUTHORISED,
    "succeeded": OutcomeStatus.SUCCEEDED,
    "declined": OutcomeStatus.FAILED,
    "cancelled": OutcomeStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class DemoGateway:
    """The payment method ``card``, for demonstrations and tests."""

    code: str = "card"
    name: str = gettext_noop("Card (demo)")
    recorded_by_staff: bool = False
    confirms_order: bool = False
    payment_window: timedelta | None = None
    can_capture_later: bool = True

    @property
    def is_enabled(self) -> bool:
        """Return the setting DEMO_PAYMENTS."""
        return bool(settings.DEMO_PAYMENTS)

    @property
    def multiple_captures(self) -> bool:
        """Return the setting DEMO_MULTIPLE_CAPTURES."""
        return bool(settings.DEMO_MULTIPLE_CAPTURES)

    def start(self, charge: Charge) -> Outcome:
        """Create the charge, with the result that its token chooses."""
        status = _FIRST_STATUS.get(charge.token, _paid_status(charge))
        outcome = _outcome(_get_or_create(charge, status))
        if charge.token == "demo_timeout":  # noqa: S105 - the name of a scenario
            raise GatewayUnavailable("demo_timeout")
        return outcome

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return the charge's outcome. A charge that is processing succeeds first."""
        _update_status(charge, ["processing"], _paid_status(charge))
        row = DemoCharge.objects.filter(key=charge.key).first()
        return None if row is None else _outcome(row)

    def confirm(self, charge: Charge) -> Outcome:
        """Complete a charge that required an action."""
        _update_status(charge, ["requires_action"], _paid_status(charge))
        return _outcome(DemoCharge.objects.get(key=charge.key))

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Capture ``amount`` of an authorised charge. A second call returns the first result.

        With a ``capture_key`` each key captures once, up to the authorised amount.
        """
        if charge.capture_key:
            _record_capture(charge, amount)
            return _outcome(DemoCharge.objects.get(key=charge.key))
        authorised = DemoCharge.objects.filter(key=charge.key, status="authorised")
        authorised.filter(amount__gte=amount).update(status="succeeded", captured=amount)
        return _outcome(DemoCharge.objects.get(key=charge.key))

    def cancel(self, charge: Charge) -> Outcome:
        """Cancel the charge, or release what can still be captured of it.

        An unknown charge is stored, so that a later ``start`` finds it.
        """
        DemoCharge.objects.filter(key=charge.key).update(capturable=0)
        _update_status(charge, ["processing", "requires_action", "authorised"], "cancelled")
        return _outcome(_get_or_create(charge, "cancelled"))

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Refund ``amount`` once for each key, up to the captured amount."""
        row = DemoCharge.objects.filter(key=charge.key).first()
        if row is None or not _record_refund(row, amount, key):
            return RefundOutcome(RefundState.FAILED)
        return RefundOutcome(RefundState.SUCCEEDED, reference=f"demo_refund_{key}")

    def list_charges(self, since: datetime) -> Iterator[ReportedCharge]:
        """Yield the charges. They have no dates, so those of the shop's payments are used."""
        recent = Payment.objects.filter(created_at__gte=since).values("provider_key")
        has_no_payment = ~Q(key__in=Payment.objects.values("provider_key"))
        rows = DemoCharge.objects.filter(Q(key__in=recent) | has_no_payment)
        for row in rows.order_by("pk").prefetch_related("refunds"):
            yield _reported_charge(row)


def _paid_status(charge: Charge) -> str:
    return "authorised" if charge.captures_later else "succeeded"


@transactional
def _record_capture(charge: Charge, amount: Decimal) -> None:
    """Capture ``amount`` once for each key, if as much can still be captured."""
    row = DemoCharge.objects.get(key=charge.key)
    capture = DemoCapture(charge=row, key=charge.capture_key, amount=amount)
    if not insert(capture, unless_exists=True):
        return
    # SQLite calculates with floats, so the results are rounded.
    first = DemoCharge.objects.filter(pk=row.pk, status="authorised", amount__gte=amount)
    further = DemoCharge.objects.filter(pk=row.pk, status="succeeded", capturable__gte=amount)
    captured = Round(Coalesce("captured", ZERO) + amount, precision=2)
    left = Round(F("capturable") - amount, precision=2)
    if further.update(captured=captured, capturable=left):
        return
    left = Round(F("amount") - amount, precision=2)
    if not first.update(status="succeeded", captured=amount, capturable=left):
        DemoCapture.objects.filter(key=charge.capture_key).delete()


@transactional
def _record_refund(charge: DemoCharge, amount: Decimal, key: str) -> bool:
    """Store a refund once for each key; return False if it exceeds what is left to refund."""
    if not insert(DemoRefund(charge=charge, key=key, amount=amount), unless_exists=True):
        return True
    # SQLite calculates with floats, so the results are rounded.
    left = Round(Coalesce("captured", "amount") - F("refunded"), precision=2)
    total = Round(F("refunded") + amount, precision=2)
    captured = DemoCharge.objects.annotate(left=left).filter(pk=charge.pk, status="succeeded")
    if captured.filter(left__gte=amount).update(refunded=total):
        return True
    DemoRefund.objects.filter(key=key).delete()
    return False


def _reported_charge(row: DemoCharge) -> ReportedCharge:
    captured = row.captured or row.amount if row.status == "succeeded" else ZERO
    refunds = tuple(
        ReportedRefund(f"demo_refund_{r.key}", r.key, r.amount, RefundState.SUCCEEDED)
        for r in row.refunds.all()
    )
    return ReportedCharge(
        reference=f"demo_{row.pk}",
        key=str(row.key),
        status=_OUTCOMES[row.status],
        currency=row.currency,
        captured=captured,
        refunds=refunds,
    )


def _get_or_create(charge: Charge, status: str) -> DemoCharge:
    """Return the charge's row, inserted with ``status`` if there is none."""
    row = DemoCharge(key=charge.key, amount=charge.amount, currency=charge.currency, status=status)
    # Nearly every charge is new, so the insert comes first. The unique key decides between calls.
    if insert(row, unless_exists=True):
        return row
    return DemoCharge.objects.get(key=charge.key)


def _update_status(charge: Charge, sources: list[str], wanted: str) -> None:
    DemoCharge.objects.filter(key=charge.key, status__in=sources).update(status=wanted)


def _outcome(row: DemoCharge) -> Outcome:
    failure = FailureCode.CARD_DECLINED if row.status == "declined" else ""
    return Outcome(
        _OUTCOMES[row.status],
        reference=f"demo_{row.pk}",
        captured=row.captured,
        capturable=row.capturable,
        failure_code=failure,
    )
