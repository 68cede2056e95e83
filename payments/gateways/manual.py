"""Methods without a provider: the money arrives in cash or by bank transfer, and staff record it.

The reference of a bank transfer is a creditor reference (ISO 11649) with the order's number. Its
check digits let the buyer's bank detect a typing error.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_noop

from payments.gateways.base import (
    BuyerHistory,
    Charge,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    RefundState,
)


@dataclass(frozen=True, slots=True)
class ManualGateway:
    """A payment method whose payments stay pending until staff record the money."""

    code: str
    name: str
    confirms_order: bool = False
    payment_window: timedelta | None = None
    is_enabled: bool = True
    recorded_by_staff: bool = True
    can_capture_later: bool = False
    has_reference: bool = False

    @property
    def maximum_amount(self) -> Decimal:
        """Return the setting BANK_TRANSFER_MAXIMUM or CASH_ON_DELIVERY_MAXIMUM."""
        maximum: Decimal = getattr(settings, f"{self.code.upper()}_MAXIMUM")
        return maximum

    @property
    def fee(self) -> Decimal:
        """Return the setting BANK_TRANSFER_FEE or CASH_ON_DELIVERY_FEE."""
        fee: Decimal = getattr(settings, f"{self.code.upper()}_FEE")
        return fee

    def accepts(self, history: BuyerHistory) -> bool:
        """Apply the setting CASH_ON_DELIVERY_ACCEPT.

        A buyer with MAX_OPEN_ORDERS confirmed orders that are not paid waits for staff as well.
        """
        if settings.CASH_ON_DELIVERY_ACCEPT == "known":
            return history.has_paid and history.unpaid < settings.MAX_OPEN_ORDERS
        return bool(settings.CASH_ON_DELIVERY_ACCEPT == "always")

    def start(self, charge: Charge) -> Outcome:
        """Return a pending outcome, with a reference if the method uses one."""
        reference = creditor_reference(charge.order_id) if self.has_reference else ""
        return Outcome(OutcomeStatus.PENDING, reference=reference)

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return a pending outcome: only staff know whether the money arrived."""
        return Outcome(OutcomeStatus.PENDING)

    def confirm(self, charge: Charge) -> Outcome:
        """Return a pending outcome: buyers cannot confirm that the money arrived."""
        return Outcome(OutcomeStatus.PENDING)

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Return a pending outcome: these methods have no authorisation."""
        return Outcome(OutcomeStatus.PENDING)

    def cancel(self, charge: Charge) -> Outcome:
        """Return a cancelled outcome."""
        return Outcome(OutcomeStatus.CANCELLED)

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Return success: staff record a refund when they have returned the money."""
        return RefundOutcome(RefundState.SUCCEEDED)


def creditor_reference(number: int) -> str:
    """Return the creditor reference of a number: RF, two check digits and the number."""
    # ISO 7064, modulo 97-10: R and F count as 27 and 15, and the check digits as 00.
    check = 98 - int(f"{number}271500") % 97
    return f"RF{check:02}{number}"


CASH_ON_DELIVERY = ManualGateway(
    code="cash_on_delivery",
    name=gettext_noop("Cash on delivery"),
    confirms_order=True,
    payment_window=timedelta(days=2),
)
BANK_TRANSFER = ManualGateway(
    code="bank_transfer",
    name=gettext_noop("Bank transfer"),
    payment_window=timedelta(days=7),
    has_reference=True,
)
