"""The demo gateway: takes any card and no money, and fails on demand.

Its ledger is a table of its own, written outside the shop's transactions, as a provider's would be.
Tokens: none succeeds; ``demo_decline`` is declined; ``demo_action`` wants a confirmation;
``demo_timeout`` takes the money but never answers; ``demo_late`` succeeds when asked again.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import F

from payments.gateways.base import Charge, GatewayUnavailable, Outcome, OutcomeStatus
from payments.models import DemoCharge
from shop.core.faults import fault
from shop.core.statements import insert

_FIRST_STATUS = {
    "demo_decline": "declined",
    "demo_action": "requires_action",
    "demo_late": "processing",
}
_OUTCOMES = {
    "processing": OutcomeStatus.PENDING,
    "requires_action": OutcomeStatus.REQUIRES_ACTION,
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

    def start(self, charge: Charge) -> Outcome:
        """Charge as the token says, once for each key."""
        status = _FIRST_STATUS.get(charge.token, "succeeded")
        outcome = _outcome(_enter(charge, status))
        if charge.token == "demo_timeout":  # noqa: S105 - the name of a scenario
            fault("gateway.silent")
            raise GatewayUnavailable("demo_timeout")
        return outcome

    def fetch(self, charge: Charge) -> Outcome | None:
        """Look the charge up; one that is processing succeeds by that."""
        _change(charge, ["processing"], "succeeded")
        row = DemoCharge.objects.filter(key=charge.key).first()
        return None if row is None else _outcome(row)

    def confirm(self, charge: Charge) -> Outcome:
        """Take the money that waited for the customer."""
        _change(charge, ["requires_action"], "succeeded")
        return _outcome(DemoCharge.objects.get(key=charge.key))

    def cancel(self, charge: Charge) -> Outcome:
        """Give up, and remember it: a ``start`` of this key that comes later finds it cancelled."""
        _change(charge, ["processing", "requires_action"], "cancelled")
        return _outcome(_enter(charge, "cancelled"))

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> bool:
        """Give back what was taken, once for each key."""
        taken = DemoCharge.objects.filter(key=charge.key, status="succeeded")
        taken.filter(refund_key="", refunded__lte=F("amount") - amount).update(
            refund_key=key, refunded=F("refunded") + amount
        )
        return taken.filter(refund_key=key).exists()


def _enter(charge: Charge, status: str) -> DemoCharge:
    row = DemoCharge(key=charge.key, amount=charge.amount, currency=charge.currency, status=status)
    # The insert is tried first, as nearly every charge is new; the unique key has one winner.
    if insert(row, unless_there=True):
        return row
    return DemoCharge.objects.get(key=charge.key)


def _change(charge: Charge, sources: list[str], wanted: str) -> None:
    DemoCharge.objects.filter(key=charge.key, status__in=sources).update(status=wanted)


def _outcome(row: DemoCharge) -> Outcome:
    return Outcome(_OUTCOMES[row.status], reference=f"demo_{row.pk}")
