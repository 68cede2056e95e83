"""What orders show of their payments, which a higher layer has.

``payments`` registers a function that reads them in its AppConfig.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.db.models import TextChoices

from accounts.models import User
from orders.models import Order
from orders.states import PaymentStage
from shop.core.hooks import Single


class ActionType(TextChoices):
    """What a buyer has to do about a payment. Every gateway uses these types."""

    NONE = "none"
    REDIRECT = "redirect"
    CLIENT = "client"
    DISPLAY = "display"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class NextAction:
    """What a buyer has to do about a payment now.

    ``url`` and ``data`` may be secret: they are known only if the provider was asked, and the
    payment's ``next_action`` is the place to read them. ``poll_after`` is in seconds.
    """

    type: ActionType
    url: str = field(default="", repr=False)
    method: str = "GET"
    return_url: str = ""
    data: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None
    poll_after: int | None = None


NOTHING = NextAction(ActionType.NONE)


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """A payment of an order. Amounts are in ``currency``.

    ``amount_open`` is what it may still bring: other payments can be about the rest.
    ``next_action`` is what the buyer has to do about this payment.
    """

    payment_id: int
    method: str
    status: str
    amount: Decimal
    amount_refunded: Decimal
    currency: str
    reference: str
    created_at: datetime
    amount_open: Decimal
    next_action: NextAction


Payments = Mapping[int, Sequence[PaymentSummary]]
"""Payments by the id of their order, the oldest first. An order without payments may be missing."""

_reader = Single[Callable[[Sequence[int]], Payments]](
    "The payments of orders are read by another function already."
)


def register(read: Callable[[Sequence[int]], Payments]) -> None:
    """Register the function that reads the payments of orders, with one statement.

    Raises ImproperlyConfigured if another one is registered.
    """
    _reader.register(read)


def payments_of(order_ids: Sequence[int]) -> Payments:
    """Return the payments of orders. Sends one statement."""
    return _reader.value(order_ids) if _reader.value and order_ids else {}


_give_back = Single[Callable[[int], None]](
    "The money of orders is given back by another function already."
)


def register_give_back(function: Callable[[int], None]) -> None:
    """Register the function that begins the refund of all payments of an order.

    It is called in a transaction that has locked the order. Raises ImproperlyConfigured if another
    one is registered.
    """
    _give_back.register(function)


def give_back(order_id: int) -> None:
    """Begin the refund of all that was paid of an order, which the caller has locked.

    The payments do not count towards the order any more.
    """
    if _give_back.value:
        _give_back.value(order_id)


_stage = Single[Callable[[int], PaymentStage]](
    "The stage of payments is read by another function already."
)


def register_stage(read: Callable[[int], PaymentStage]) -> None:
    """Register the function that tells how far an order's payments without money are.

    Raises ImproperlyConfigured if another one is registered.
    """
    _stage.register(read)


def stage_of(order_id: int) -> PaymentStage:
    """Return how far the payments of an order are that brought no money. Sends one statement."""
    return _stage.value(order_id) if _stage.value else PaymentStage.NONE


_restocks = Single[Callable[[int], Mapping[int, int]]](
    "The units that refunds return to stock are read by another function already."
)


def register_restocks(read: Callable[[int], Mapping[int, int]]) -> None:
    """Register the function that ``pending_restocks_of`` calls.

    Raises ImproperlyConfigured if another one is registered.
    """
    _restocks.register(read)


def pending_restocks_of(order_id: int) -> Mapping[int, int]:
    """Return how many units of items, by their ids, refunds will return to stock if they succeed.

    Sends one statement if no such refund is pending. The caller has locked the order.
    """
    return _restocks.value(order_id) if _restocks.value else {}


class CapturesOnShipping(Protocol):
    """Captures the authorised payments of an order when it is shipped. ``payments`` does so."""

    def slot(self) -> AbstractContextManager[None]:
        """Hold one of the places for requests that call gateways. Raises GatewayBusy (503)."""

    def is_needed(self, order_id: int) -> bool:
        """Return whether an authorised payment has to be captured first. Sends one statement."""

    def missing(self, order: Order) -> Decimal:
        """Return how much of the units in fulfilments has to be secured first, in its currency.

        The caller has locked the order. Sends nothing for an order that is paid.
        """

    def capture(self, order_id: int, actor: User | None) -> None:
        """Capture what is due with the fulfilments. Must not be called in a transaction.

        Doing it again captures nothing more. Raises PaymentNotCaptured.
        """


_captures = Single[CapturesOnShipping]("Payments are captured by something else already.")


def register_captures(captures: CapturesOnShipping) -> None:
    """Register what captures payments. Raises ImproperlyConfigured if something else does."""
    _captures.register(captures)


def captures() -> CapturesOnShipping | None:
    """Return what captures payments, or None without ``payments``."""
    return _captures.value


def slot_for_capturing(order_id: int) -> AbstractContextManager[None]:
    """Hold a place for calling gateways if a payment of the order has to be captured.

    Raises GatewayBusy (503).
    """
    gateways = captures()
    return gateways.slot() if gateways and gateways.is_needed(order_id) else nullcontext()
