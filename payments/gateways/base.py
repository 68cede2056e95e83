"""What a gateway promises. The shop asks it with no lock held and no transaction open."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class OutcomeStatus(StrEnum):
    """What a gateway knows of a charge."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be paid. ``key`` is the idempotency key: the same for every call about it."""

    key: str
    amount: Decimal
    currency: str
    order_id: int
    token: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A gateway's answer; ``reference`` is its own name for the charge."""

    status: OutcomeStatus
    reference: str = ""


class GatewayUnavailable(Exception):
    """The gateway did not answer, or not intelligibly: what it did is unknown."""


class Gateway(Protocol):
    """A way to pay.

    Every call may be repeated with the same key and then does nothing new. Each raises
    GatewayUnavailable where the outcome is unknown, within ten seconds, and never anything else.
    """

    @property
    def code(self) -> str:
        """The payment method's name in the API."""

    @property
    def name(self) -> str:
        """The payment method's name for people."""

    @property
    def recorded_by_staff(self) -> bool:
        """Money arrives outside the shop, and staff record it."""

    @property
    def confirms_order(self) -> bool:
        """The order is confirmed at once, before the money."""

    @property
    def payment_window(self) -> timedelta | None:
        """How long an order waits for this method's money; None for the shop's payment window."""

    def start(self, charge: Charge) -> Outcome:
        """Try to take the money."""

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return what became of the charge; None if the gateway never heard of it."""

    def confirm(self, charge: Charge) -> Outcome:
        """Go on after the customer did what ``requires_action`` asked for."""

    def cancel(self, charge: Charge) -> Outcome:
        """Give up the charge, so that a ``start`` still under way takes nothing either.

        Returns what is then true: SUCCEEDED if the money was taken before.
        """

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> bool:
        """Give ``amount`` back, once for each ``key``; False while it is not done yet."""
