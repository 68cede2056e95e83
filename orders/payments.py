"""What orders show of their payments, which a higher layer has.

``payments`` registers a function that reads them in its AppConfig.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextChoices

from orders.states import PaymentStage


class NextAction(TextChoices):
    """What a buyer has to do now."""

    PAY = "pay"
    CONFIRM = "confirm"
    TRANSFER = "transfer"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """A payment of an order. Amounts are in ``currency``.

    ``is_live`` says that no other payment of the order can begin. ``next_action`` is what the buyer
    has to do about this payment; None for nothing.
    """

    payment_id: int
    method: str
    status: str
    amount: Decimal
    amount_refunded: Decimal
    currency: str
    reference: str
    created_at: datetime
    is_live: bool
    next_action: NextAction | None


Payments = Mapping[int, Sequence[PaymentSummary]]
"""Payments by the id of their order, the oldest first. An order without payments may be missing."""

_readers: list[Callable[[Sequence[int]], Payments]] = []


def register(read: Callable[[Sequence[int]], Payments]) -> None:
    """Register the function that reads the payments of orders, with one statement.

    Raises ImproperlyConfigured if another one is registered.
    """
    if _readers and _readers != [read]:
        raise ImproperlyConfigured("The payments of orders are read by another function already.")
    _readers[:] = [read]


def payments_of(order_ids: Sequence[int]) -> Payments:
    """Return the payments of orders. Sends one statement."""
    return _readers[0](order_ids) if _readers and order_ids else {}


_stage_readers: list[Callable[[int], PaymentStage]] = []


def register_stage(read: Callable[[int], PaymentStage]) -> None:
    """Register the function that tells how far an order's payments without money are.

    Raises ImproperlyConfigured if another one is registered.
    """
    if _stage_readers and _stage_readers != [read]:
        raise ImproperlyConfigured("The stage of payments is read by another function already.")
    _stage_readers[:] = [read]


def stage_of(order_id: int) -> PaymentStage:
    """Return how far the payments of an order are that brought no money. Sends one statement."""
    return _stage_readers[0](order_id) if _stage_readers else PaymentStage.NONE
