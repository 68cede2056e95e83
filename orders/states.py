"""The statuses of an order, how they follow from its rows, and which changes are decisions.

An order has four statuses. ``payment_status``, ``fulfilment_status`` and ``return_status`` are
three axes that do not depend on each other. ``status`` is one word for all of them. ``derive``
computes all four from the facts of an order's rows by the tables below, and
``orders.services.refresh_statuses`` stores them. A dispute is a flag and not a status.

Two facts cannot be seen from amounts and quantities, so that ``status`` itself records them: that
an order was confirmed, and that it was cancelled. ``MOVES`` has these decisions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from shop.core.money import ZERO


class OrderStatus(TextChoices):
    """The status of an order. ``PAID`` means paid in full before all goods were shipped."""

    PENDING = "pending", _("Pending")
    CONFIRMED = "confirmed", _("Confirmed")
    PAID = "paid", _("Paid")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")
    REFUNDED = "refunded", _("Refunded")


class OrderPaymentStatus(TextChoices):
    """What is paid of an order, after refunds and cancelled items."""

    UNPAID = "unpaid", _("Unpaid")
    PROCESSING = "processing", _("Processing")
    AUTHORISED = "authorised", _("Authorised")
    PARTLY_PAID = "partly_paid", _("Partly paid")
    PAID = "paid", _("Paid")
    OVERPAID = "overpaid", _("Overpaid")
    PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
    REFUNDED = "refunded", _("Refunded")
    VOIDED = "voided", _("Voided")


class FulfilmentStatus(TextChoices):
    """How many of an order's units, without the cancelled ones, were shipped and delivered."""

    UNFULFILLED = "unfulfilled", _("Unfulfilled")
    PARTLY_FULFILLED = "partly_fulfilled", _("Partly fulfilled")
    FULFILLED = "fulfilled", _("Fulfilled")
    DELIVERED = "delivered", _("Delivered")


class ReturnStatus(TextChoices):
    """Which of an order's shipped units came back. An order without returns has none (null)."""

    REQUESTED = "requested", _("Return requested")
    PARTLY_RETURNED = "partly_returned", _("Partly returned")
    RETURNED = "returned", _("Returned")


class PaymentStage(TextChoices):
    """How far the payments of an order are that have not brought money yet."""

    NONE = "none"
    PROCESSING = "processing"
    AUTHORISED = "authorised"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows of an order say. Amounts are in the order's currency, quantities are units.

    ``units`` are those that were ordered and not cancelled. ``amount_paid`` is all that was
    captured, and ``amount_refunded`` what of that went back.
    """

    total: Decimal
    amount_cancelled: Decimal
    amount_paid: Decimal
    amount_refunded: Decimal
    was_paid: bool
    """Whether it was paid in full before. An order whose total is 0 is paid without money."""
    stage: PaymentStage
    is_cancelled: bool = False
    is_confirmed: bool = False
    units: int = 0
    fulfilled: int = 0
    delivered: int = 0
    returned: int = 0
    has_open_return: bool = False

    @property
    def due(self) -> Decimal:
        """The total without what was cancelled."""
        return self.total - self.amount_cancelled

    @property
    def held(self) -> Decimal:
        """What was captured and not refunded."""
        return self.amount_paid - self.amount_refunded

    @property
    def is_paid_in_full(self) -> bool:
        """Whether all that is due was captured, whatever was refunded afterwards."""
        return self.amount_paid >= self.due and (self.amount_paid > ZERO or self.was_paid)

    @property
    def is_refunded(self) -> bool:
        """Whether all captured money went back."""
        return self.amount_paid > ZERO and self.held == ZERO


S = TypeVar("S")
_Rules = tuple[tuple[S, Callable[[Facts], bool]], ...]
_P, _F, _R, _S = OrderPaymentStatus, FulfilmentStatus, ReturnStatus, OrderStatus

# The first rule that applies decides.
_PAYMENT: _Rules[OrderPaymentStatus] = (
    (_P.REFUNDED, lambda facts: facts.is_refunded),
    (_P.OVERPAID, lambda facts: facts.held > facts.due),
    (_P.PARTLY_REFUNDED, lambda facts: facts.amount_refunded > ZERO),
    (_P.PAID, lambda facts: facts.is_paid_in_full),
    (_P.PARTLY_PAID, lambda facts: facts.amount_paid > ZERO),
    (_P.PROCESSING, lambda facts: facts.stage == PaymentStage.PROCESSING),
    (_P.AUTHORISED, lambda facts: facts.stage == PaymentStage.AUTHORISED),
    (_P.VOIDED, lambda facts: facts.stage == PaymentStage.VOIDED),
    (_P.UNPAID, lambda _: True),
)
_FULFILMENT: _Rules[FulfilmentStatus] = (
    (_F.UNFULFILLED, lambda facts: facts.fulfilled == 0),
    (_F.PARTLY_FULFILLED, lambda facts: facts.fulfilled < facts.units),
    (_F.FULFILLED, lambda facts: facts.delivered < facts.units),
    (_F.DELIVERED, lambda _: True),
)
_RETURN: _Rules[ReturnStatus | None] = (
    (_R.REQUESTED, lambda facts: facts.has_open_return),
    (None, lambda facts: facts.returned == 0),
    (_R.PARTLY_RETURNED, lambda facts: facts.returned < facts.fulfilled),
    (_R.RETURNED, lambda _: True),
)
_STATUS: _Rules[OrderStatus] = (
    (_S.CANCELLED, lambda facts: facts.is_cancelled),
    (_S.REFUNDED, lambda facts: facts.is_refunded),
    (_S.DELIVERED, lambda facts: _first(_FULFILMENT, facts) == _F.DELIVERED),
    (_S.SHIPPED, lambda facts: _first(_FULFILMENT, facts) == _F.FULFILLED),
    (_S.PAID, lambda facts: facts.is_paid_in_full),
    (_S.CONFIRMED, lambda facts: facts.is_confirmed),
    (_S.PENDING, lambda _: True),
)


def _first(rules: _Rules[S], facts: Facts) -> S:
    return next(value for value, applies in rules if applies(facts))


@dataclass(frozen=True, slots=True)
class Statuses:
    """All statuses of an order."""

    status: OrderStatus
    payment_status: OrderPaymentStatus
    fulfilment_status: FulfilmentStatus
    return_status: ReturnStatus | None


def payment_status_of(facts: Facts) -> OrderPaymentStatus:
    """Return only the payment status, which depends on amounts and the stage of payments."""
    return _first(_PAYMENT, facts)


def derive(facts: Facts) -> Statuses:
    """Return the statuses that follow from the facts."""
    return Statuses(
        _first(_STATUS, facts),
        _first(_PAYMENT, facts),
        _first(_FULFILMENT, facts),
        _first(_RETURN, facts),
    )


_WORDS = {
    OrderStatus.PENDING: _("pending"),
    OrderStatus.CONFIRMED: _("confirmed"),
    OrderStatus.PAID: _("paid"),
    OrderStatus.SHIPPED: _("shipped"),
    OrderStatus.DELIVERED: _("delivered"),
    OrderStatus.CANCELLED: _("cancelled"),
    OrderStatus.REFUNDED: _("refunded"),
}


def describe_status(status: str) -> str:
    """Return the word for a status within a sentence, in the active language."""
    return str(_WORDS[OrderStatus(status)])


MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.PENDING: frozenset({_S.CONFIRMED, _S.PAID, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.PAID, _S.SHIPPED, _S.CANCELLED, _S.REFUNDED}),
    _S.PAID: frozenset({_S.SHIPPED, _S.REFUNDED}),
    _S.SHIPPED: frozenset({_S.DELIVERED, _S.REFUNDED}),
    _S.DELIVERED: frozenset({_S.REFUNDED}),
    _S.CANCELLED: frozenset(),
    _S.REFUNDED: frozenset(),
}
"""The statuses that a decision or a payment in full may set after each status.

A paid order whose total is 0 may be cancelled too. The other changes follow from rows.
"""

SHIPPABLE = frozenset({_S.CONFIRMED, _S.PAID, _S.REFUNDED, _S.SHIPPED})
"""Statuses in which an order may have units left to ship."""

UNPAID = frozenset({_S.PENDING, _S.CONFIRMED, _S.SHIPPED, _S.DELIVERED})
"""Statuses in which an order may be unpaid or paid in part: it may be confirmed before."""


def sources_of(status: OrderStatus) -> frozenset[OrderStatus]:
    """Return the statuses that ``status`` may follow."""
    return frozenset(source for source, targets in MOVES.items() if status in targets)
