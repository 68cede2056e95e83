"""Methods without a provider: the money comes by hand or by bank, and staff record it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from payments.gateways.base import Charge, Outcome, OutcomeStatus


@dataclass(frozen=True, slots=True)
class ManualGateway:
    """A payment that stays pending until staff record its money."""

    code: str
    name: str
    confirms_order: bool = False
    payment_window: timedelta | None = None
    recorded_by_staff: bool = True

    def start(self, charge: Charge) -> Outcome:
        """Wait for the money."""
        return Outcome(OutcomeStatus.PENDING)

    def fetch(self, charge: Charge) -> Outcome | None:
        """Still wait: only staff know more."""
        return Outcome(OutcomeStatus.PENDING)

    def confirm(self, charge: Charge) -> Outcome:
        """Still wait: a customer's word is no money."""
        return Outcome(OutcomeStatus.PENDING)

    def cancel(self, charge: Charge) -> Outcome:
        """Stop waiting."""
        return Outcome(OutcomeStatus.CANCELLED)

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> bool:
        """Leave it to staff, who hand the money back."""
        return False


CASH_ON_DELIVERY = ManualGateway(
    code="cash_on_delivery", name="Cash on delivery", confirms_order=True
)
BANK_TRANSFER = ManualGateway(
    code="bank_transfer", name="Bank transfer", payment_window=timedelta(days=7)
)
