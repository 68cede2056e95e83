"""The demo gateway: takes any card and no money, and fails on demand.

Its ledger is a table of its own, written outside the shop's transactions, as a provider's would be.
Tokens: none succeeds; ``demo_decline`` is declined; ``demo_action`` wants a confirmation;
``demo_timeout`` takes the money but never answers; ``demo_late`` succeeds when asked again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Round

from payments.gateways.base import (
    Charge,
    GatewayUnavailable,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    RefundState,
    StatedCharge,
    StatedRefund,
)
from payments.models import DemoCharge, DemoRefund, Payment
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
    """A provider in a box."""

    code: str = "card"
    name: str = "Card (demo)"
    recorded_by_staff: bool = False
    confirms_order: bool = False
    payment_window: timedelta | None = None
    can_capture_later: bool = True

    @property
    def is_enabled(self) -> bool:
        """DEMO_PAYMENTS switches it on."""
        return bool(settings.DEMO_PAYMENTS)

    def start(self, charge: Charge) -> Outcome:
        """Charge as the token says, once for each key."""
        status = _FIRST_STATUS.get(charge.token, _taken(charge))
        outcome = _outcome(_enter(charge, status))
        if charge.token == "demo_timeout":  # noqa: S105 - the name of a scenario
            raise GatewayUnavailable("demo_timeout")
        return outcome

    def fetch(self, charge: Charge) -> Outcome | None:
        """Look the charge up; one that is processing succeeds by that."""
        _change(charge, ["processing"], _taken(charge))
        row = DemoCharge.objects.filter(key=charge.key).first()
        return None if row is None else _outcome(row)

    def confirm(self, charge: Charge) -> Outcome:
        """Take the money that waited for the customer."""
        _change(charge, ["requires_action"], _taken(charge))
        return _outcome(DemoCharge.objects.get(key=charge.key))

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Take what was authorised, or a part of it; a second call finds the first one's."""
        held = DemoCharge.objects.filter(key=charge.key, status="authorised")
        held.filter(amount__gte=amount).update(status="succeeded", captured=amount)
        return _outcome(DemoCharge.objects.get(key=charge.key))

    def cancel(self, charge: Charge) -> Outcome:
        """Give up, and remember it: a ``start`` of this key that comes later finds it cancelled."""
        _change(charge, ["processing", "requires_action", "authorised"], "cancelled")
        return _outcome(_enter(charge, "cancelled"))

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Give back what was taken, once for each key, and never more."""
        row = DemoCharge.objects.filter(key=charge.key).first()
        if row is None or not _give_back(row, amount, key):
            return RefundOutcome(RefundState.FAILED)
        return RefundOutcome(RefundState.SUCCEEDED, reference=f"demo_refund_{key}")

    def statement(self, since: datetime) -> Iterator[StatedCharge]:
        """Read its own ledger; it knows no dates, so the shop's payments tell them."""
        recent = Payment.objects.filter(created_at__gte=since).values("provider_key")
        strange = ~Q(key__in=Payment.objects.values("provider_key"))
        rows = DemoCharge.objects.filter(Q(key__in=recent) | strange)
        for row in rows.order_by("pk").prefetch_related("refunds"):
            yield _stated(row)


def _taken(charge: Charge) -> str:
    return "authorised" if charge.captures_later else "succeeded"


@transactional
def _give_back(charge: DemoCharge, amount: Decimal, key: str) -> bool:
    """Enter a refund, and what it adds up to; True if this key has one, from now or before."""
    if not insert(DemoRefund(charge=charge, key=key, amount=amount), unless_exists=True):
        return True
    # Rounded, since SQLite adds decimals as floats.
    left = Round(Coalesce("captured", "amount") - F("refunded"), precision=2)
    taken = DemoCharge.objects.annotate(left=left).filter(pk=charge.pk, status="succeeded")
    if taken.filter(left__gte=amount).update(refunded=Round(F("refunded") + amount, precision=2)):
        return True
    DemoRefund.objects.filter(key=key).delete()
    return False


def _stated(row: DemoCharge) -> StatedCharge:
    captured = row.captured or row.amount if row.status == "succeeded" else ZERO
    refunds = tuple(
        StatedRefund(f"demo_refund_{r.key}", r.key, r.amount, RefundState.SUCCEEDED)
        for r in row.refunds.all()
    )
    return StatedCharge(
        reference=f"demo_{row.pk}",
        key=str(row.key),
        status=_OUTCOMES[row.status],
        currency=row.currency,
        captured=captured,
        refunds=refunds,
    )


def _enter(charge: Charge, status: str) -> DemoCharge:
    row = DemoCharge(key=charge.key, amount=charge.amount, currency=charge.currency, status=status)
    # The insert is tried first, as nearly every charge is new; the unique key has one winner.
    if insert(row, unless_exists=True):
        return row
    return DemoCharge.objects.get(key=charge.key)


def _change(charge: Charge, sources: list[str], wanted: str) -> None:
    DemoCharge.objects.filter(key=charge.key, status__in=sources).update(status=wanted)


def _outcome(row: DemoCharge) -> Outcome:
    return Outcome(_OUTCOMES[row.status], reference=f"demo_{row.pk}", captured=row.captured)
