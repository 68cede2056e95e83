"""What a provider reports by itself: refunds that it was not asked for, and disputes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from payments.gateways.base import Charge, ReportedRefund
from shop.core.money import ZERO


class DisputeType(StrEnum):
    """What a provider reports about a charge. An inquiry may become a dispute."""

    DISPUTE = "dispute"
    INQUIRY = "inquiry"
    EARLY_FRAUD_WARNING = "early_fraud_warning"
    REVIEW = "review"


class DisputeState(StrEnum):
    """The status of a dispute at its gateway. CLOSED is that of what is never won or lost."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ReportedDispute:
    """A dispute, inquiry, early fraud warning or review, as the provider describes it now.

    ``charge_reference`` is the provider's id of the charge, or "" if it belongs to none.
    ``amount`` is in ``currency``, an ISO 4217 code in capital letters; None for a warning or a
    review. ``withdrawn`` is what was taken from the shop and not given back.
    """

    reference: str
    charge_reference: str
    kind: DisputeType
    status: DisputeState
    reason: str = ""
    amount: Decimal | None = None
    currency: str = ""
    due_by: datetime | None = None
    withdrawn: Decimal = ZERO


@runtime_checkable
class ListsRefunds(Protocol):
    """A gateway that knows the refunds of a charge, also those that the shop did not request."""

    def list_refunds(self, charge: Charge) -> tuple[ReportedRefund, ...]:
        """Return the refunds of a charge whose reference is known. Raises GatewayUnavailable."""


@runtime_checkable
class ReportsDisputes(Protocol):
    """A gateway whose provider reports disputes."""

    def fetch_dispute(self, kind: str, reference: str) -> ReportedDispute:
        """Return a dispute as it is now. Raises GatewayUnavailable.

        ``kind`` is a value of ``DisputeType``.
        """

    def list_disputes(self, since: datetime) -> Iterator[ReportedDispute]:
        """Yield each dispute that was opened at or after ``since``. Raises GatewayUnavailable."""
