"""The protocol of a gateway. The shop calls gateways without a lock or an open transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from orders.payments import ActionType as ActionType  # noqa: PLC0414 - for gateways
from shop.core.money import ZERO
from shop.core.postal_addresses import PostalAddress


@dataclass(frozen=True, slots=True)
class BuyerHistory:
    """Earlier orders of a buyer: whether one was paid, and how many are confirmed but unpaid."""

    has_paid: bool
    unpaid: int


class OutcomeStatus(StrEnum):
    """The status of a charge at its gateway.

    PROCESSING is that of a charge, such as a bank debit, that the buyer has completed and the bank
    decides about in some days.
    """

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORISED = "authorised"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Action:
    """What the buyer has to do next. Only its type is stored: ``url`` and ``data`` may be secret.

    ``method`` is the HTTP method for the URL. ``data`` has texts that depend on the gateway.
    ``expires_at`` is when the provider stops to accept the action.
    """

    type: ActionType
    url: str = field(default="", repr=False)
    method: str = "GET"
    data: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChargeDetails:
    """What a provider's checks for fraud compare, from the order. Texts that are unknown are empty.

    ``number`` is the order's number for people. ``address`` is the shipping address; None without
    one.
    """

    number: str
    email: str = field(repr=False)
    phone: str = field(default="", repr=False)
    address: PostalAddress | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Charge:
    """A payment, as it is described to its gateway. ``amount`` is in ``currency``.

    ``key`` is the idempotency key, the same in every call about the payment. ``reference`` is the
    provider's id of the charge, or "" while the shop does not know it. ``token`` is only passed to
    ``start``. ``return_url`` is the page to which the provider sends the buyer back, or "". With
    ``captures_later`` the charge is authorised first. ``details`` are passed to gateways that want
    them while ``reference`` is not known. ``capture_key`` is the idempotency key of one of several
    captures, or "" if the charge is captured once.
    """

    key: str
    amount: Decimal
    currency: str
    order_id: int
    created_at: datetime
    token: str = field(default="", repr=False)
    reference: str = ""
    captures_later: bool = False
    return_url: str = ""
    details: ChargeDetails | None = None
    capture_key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a gateway call. ``reference`` is the provider's id of the charge.

    ``captured`` is all that was captured, in the charge's currency; None means the whole amount.
    ``capturable`` is what can still be captured of a charge that has SUCCEEDED in part: such a
    charge keeps that status until the rest is captured or its authorisation ends.
    ``capture_before`` is when an authorisation ends, or None if the provider does not say it.
    ``client_secret`` lets the buyer's app continue at the provider. It is returned to the buyer
    and never stored. ``action`` is what the buyer has to do; without it, a charge that requires an
    action is continued by the provider's script with the client secret. ``failure_code`` says why a
    charge failed (``payments.failures``).
    """

    status: OutcomeStatus
    reference: str = ""
    captured: Decimal | None = None
    capturable: Decimal = ZERO
    client_secret: str = field(default="", repr=False)
    failure_code: str = ""
    capture_before: datetime | None = None
    action: Action | None = None


class RefundState(StrEnum):
    """The status of a refund at its gateway."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """The result of a refund call. FAILED means that no money was or will be refunded.

    ``failure_code`` says why (``payments.failures``).
    """

    status: RefundState
    reference: str = ""
    failure_code: str = ""


class GatewayUnavailable(Exception):
    """The gateway did not answer, or its answer is invalid. What it did is unknown."""


class GatewayRefused(GatewayUnavailable):
    """The gateway refuses requests of the shop: the key is wrong, or there were too many.

    The request had no effect.
    """


class ChargeUnknown(GatewayUnavailable):
    """The provider's account does not know a charge whose reference it has given.

    This is so while the shop has the keys of another account. A payment is given up only when its
    order can no longer be paid.
    """


class Gateway(Protocol):
    """A payment method. An app registers it with ``payments.gateways.register``.

    A call that is repeated with the same key has no further effect. Each call returns within ten
    seconds. It raises GatewayUnavailable if the outcome is unknown, and no other exception.
    """

    @property
    def code(self) -> str:
        """The payment method's name in the API. It is stored with each payment."""

    @property
    def name(self) -> str:
        """The payment method's name for people, in English.

        Buyers get the one of PAYMENT_METHOD_NAMES, or else a translation: mark it with
        ``gettext_noop``.
        """

    @property
    def is_enabled(self) -> bool:
        """Whether buyers can choose the method. Existing payments are settled in any case."""

    @property
    def recorded_by_staff(self) -> bool:
        """Whether the money arrives outside the shop, and staff record it."""

    @property
    def confirms_order(self) -> bool:
        """Whether an order is confirmed before its money arrives."""

    @property
    def payment_window(self) -> timedelta | None:
        """How long an order waits for this method's money. None means ORDER_PAYMENT_WINDOW."""

    @property
    def can_capture_later(self) -> bool:
        """Whether a charge can be authorised first and captured when the order is shipped."""

    def start(self, charge: Charge) -> Outcome:
        """Capture the amount, or authorise it if the charge ``captures_later``."""

    def fetch(self, charge: Charge) -> Outcome | None:
        """Return the current outcome of the charge, or None if the gateway does not know it."""

    def confirm(self, charge: Charge) -> Outcome:
        """Continue after the buyer completed the required action."""

    def capture(self, charge: Charge, *, amount: Decimal) -> Outcome:
        """Capture ``amount`` of an authorised charge, once, and release the rest.

        With a ``capture_key`` (``MultipleCaptures``), capture once for the key and keep the rest.
        """

    def cancel(self, charge: Charge) -> Outcome:
        """Cancel the charge, or void its authorisation.

        A ``start`` that arrives later must not capture money either. Returns the resulting outcome,
        which is SUCCEEDED if the money was captured before. What can still be captured of a charge
        that was captured in part is released.
        """

    def refund(self, charge: Charge, *, amount: Decimal, key: str) -> RefundOutcome:
        """Refund ``amount``, once for each ``key``. A repeated call returns the same refund."""


@runtime_checkable
class MultipleCaptures(Protocol):
    """A gateway that can capture an authorised charge in several parts."""

    @property
    def multiple_captures(self) -> bool:
        """Whether ``capture`` keeps the rest of the charge, so that each shipment is captured."""


@runtime_checkable
class LimitsAmount(Protocol):
    """A gateway that does not accept every amount."""

    @property
    def maximum_amount(self) -> Decimal:
        """The largest order that can be paid by the method, in the shop's currency."""


@runtime_checkable
class HasFee(Protocol):
    """A gateway whose use costs the buyer something."""

    @property
    def fee(self) -> Decimal:
        """The fee in the shop's currency, with tax if the shop's prices include it."""


@runtime_checkable
class HasClientData(Protocol):
    """A gateway whose form in the buyer's app needs data of the shop's account."""

    @property
    def client_data(self) -> Mapping[str, str]:
        """What the form needs, such as a publishable key. Everyone can read it."""


@runtime_checkable
class WantsDetails(Protocol):
    """A gateway whose provider checks for fraud with details of the order."""

    @property
    def wants_details(self) -> bool:
        """Whether a new charge needs ``Charge.details``, which are read from the database."""


@runtime_checkable
class AcceptsOrders(Protocol):
    """A gateway with ``confirms_order`` that does not confirm every order at once.

    Staff confirm the other orders. They expire with the method's payment window.
    """

    def accepts(self, history: BuyerHistory) -> bool:
        """Return whether an order of a buyer with this history is confirmed at once."""


@dataclass(frozen=True, slots=True)
class ReportedRefund:
    """A refund as the provider lists it. ``key`` is "" if the shop did not request it.

    ``failure_code`` says why it failed (``payments.failures``).
    """

    reference: str
    key: str
    amount: Decimal
    status: RefundState
    failure_code: str = ""


@dataclass(frozen=True, slots=True)
class ReportedCharge:
    """A charge as the provider lists it. ``key`` is "" if no shop requested it.

    ``shop`` is the SHOP_NAME of the shop that requested it, or "" if the provider does not have it.
    ``captured`` is in ``currency``, an ISO 4217 code in capital letters.
    """

    reference: str
    key: str
    status: OutcomeStatus
    currency: str
    captured: Decimal
    refunds: tuple[ReportedRefund, ...] = ()
    shop: str = ""


@runtime_checkable
class SupportsReconciliation(Protocol):
    """A gateway whose charges ``manage.py reconcile_payments`` can compare with the shop's."""

    def list_charges(self, since: datetime) -> Iterator[ReportedCharge]:
        """Yield each charge created or refunded at or after ``since``, with all its refunds.

        Raises GatewayUnavailable.
        """
