"""The protocol of a gateway. The shop calls it with no lock held and no transaction open."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable


class OutcomeStatus(StrEnum):
    """What a gateway knows of a charge."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORISED = "authorised"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be paid. ``key`` is the idempotency key: the same for every call about it.

    ``reference`` is the gateway's own name for the charge, "" until the shop has learned it.
    """

    key: str
    amount: Decimal
    currency: str
    order_id: int
    created_at: datetime
    token: str = field(default="", repr=False)
    reference: str = ""
    captures_later: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A gateway's answer; ``reference`` is its own name for the charge.

    ``captured`` is what was taken, where that is not the whole amount. ``client_secret`` lets the
    customer's own app go on with the provider; it is answered once and never kept.
    """

    status: OutcomeStatus
    reference: str = ""
    captured: Decimal | None = None
    client_secret: str = field(default="", repr=False)


class RefundState(StrEnum):
    """What a gateway knows of a refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """A gateway's answer about a refund; FAILED only where no money went back, nor will."""

    status: RefundState
    reference: str = ""


class GatewayUnavailable(Exception):
    """The gateway did not answer, or not intelligibly: what it did is unknown."""


class Gateway(Protocol):
    """A payment method. An app registers it with ``payments.gateways.register``.

    A call that is repeated with the same key has no further effect. Each call returns within ten
    seconds, or raises GatewayUnavailable if the outcome is unknown; it raises nothing else.
    """

    @property
    def code(self) -> str:
        """The payment method's name in the API."""

    @property
    def name(self) -> str:
        """The payment method's name for people."""

    @property
    def is_enabled(self) -> bool:
        """Buyers may choose the method. If not, payments that exist are still settled."""

    @property
    def recorded_by_staff(self) -> bool:
        """Money arrives outside the shop, and staff record it."""

    @property
    def confirms_order(self) -> bool:
        """The order is confirmed at once, before the money."""

    @property
    def payment_window(self) -> timedelta | None:
        """How long an order waits for this method's money; None for the shop's payment window."""

    @property
    def can_capture_later(self) -> bool:
        """A charge can be authorised first and captured when the goods go out."""

    def start(self, charge: Charge) -> Outcome:
        """Try to take the money, or to authorise it where the charge ``captures_later``."""

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return what became of the charge; None if the gateway never heard of it."""

    def confirm(self, charge: Charge) -> Outcome:
        """Go on after the customer did what ``requires_action`` asked for."""

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Take ``amount`` of what was authorised, once, and let the rest go."""

    def cancel(self, charge: Charge) -> Outcome:
        """Give up the charge, so that a ``start`` still under way takes nothing either.

        An authorisation is let go. Returns what is then true: SUCCEEDED if the money was taken
        before.
        """

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Give ``amount`` back, once for each ``key``; a repeated call finds it by its key."""


@dataclass(frozen=True, slots=True)
class StatedRefund:
    """A refund as the provider lists it; ``key`` is ours, "" if the shop did not request it."""

    reference: str
    key: str
    amount: Decimal
    status: RefundState


@dataclass(frozen=True, slots=True)
class StatedCharge:
    """A charge as the provider lists it; ``key`` is ours, "" if the shop did not request it."""

    reference: str
    key: str
    status: OutcomeStatus
    currency: str
    captured: Decimal
    refunds: tuple[StatedRefund, ...] = ()


@runtime_checkable
class StatesCharges(Protocol):
    """A gateway that lists its charges, for ``manage.py reconcile_payments``."""

    def statement(self, since: datetime) -> Iterator[StatedCharge]:
        """Yield each charge made since then. Raises GatewayUnavailable."""
