"""Methods without a provider: the money comes by hand or by bank, and staff record it.

A bank transfer carries a creditor reference of ISO 11649, made of the order's number, so that the
customer's bank notices a typing error before the shop has to.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from payments.gateways.base import Charge, Outcome, OutcomeStatus, RefundOutcome, RefundState


@dataclass(frozen=True, slots=True)
class ManualGateway:
    """A payment that stays pending until staff record its money."""

    code: str
    name: str
    confirms_order: bool = False
    payment_window: timedelta | None = None
    is_enabled: bool = True
    recorded_by_staff: bool = True
    can_capture_later: bool = False
    has_reference: bool = False

    def start(self, charge: Charge) -> Outcome:
        """Wait for the money; a reference tells whose it is."""
        reference = creditor_reference(charge.order_id) if self.has_reference else ""
        return Outcome(OutcomeStatus.PENDING, reference=reference)

    def fetch(self, charge: Charge) -> Outcome | None:
        """Still wait: only staff know more."""
        return Outcome(OutcomeStatus.PENDING)

    def confirm(self, charge: Charge) -> Outcome:
        """Still wait: a customer's word is no money."""
        return Outcome(OutcomeStatus.PENDING)

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Still wait: nothing is ever authorised."""
        return Outcome(OutcomeStatus.PENDING)

    def cancel(self, charge: Charge) -> Outcome:
        """Stop waiting."""
        return Outcome(OutcomeStatus.CANCELLED)

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Believe the member of staff who handed the money back, and says so by asking."""
        return RefundOutcome(RefundState.SUCCEEDED)


def creditor_reference(number: int) -> str:
    """Return ``number`` as a creditor reference: RF, two check digits (modulo 97), the number."""
    # ISO 7064: the letters R and F count as 27 and 15, and the check digits as 00 meanwhile.
    check = 98 - int(f"{number}271500") % 97
    return f"RF{check:02}{number}"


CASH_ON_DELIVERY = ManualGateway(
    code="cash_on_delivery", name="Cash on delivery", confirms_order=True
)
BANK_TRANSFER = ManualGateway(
    code="bank_transfer",
    name="Bank transfer",
    payment_window=timedelta(days=7),
    has_reference=True,
)
