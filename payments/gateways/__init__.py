"""Who talks to the outside, and nobody else does."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore, get_ident
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from payments.errors import GatewayBusy
from payments.gateways.base import (
    Charge,
    Gateway,
    GatewayUnavailable,
    KeepsBooks,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    RefundState,
    StatedCharge,
    StatedRefund,
)
from payments.gateways.demo import DemoGateway
from payments.gateways.manual import BANK_TRANSFER, CASH_ON_DELIVERY
from payments.gateways.stripe import StripeGateway

__all__ = [
    "Charge",
    "Gateway",
    "GatewayUnavailable",
    "KeepsBooks",
    "Outcome",
    "OutcomeStatus",
    "RefundOutcome",
    "RefundState",
    "StatedCharge",
    "StatedRefund",
    "ask",
    "configured",
    "known",
    "seat",
]

R = TypeVar("R")

# Of the ten threads of a worker (shop.asgi), a gateway that hangs holds up four at most, and for a
# second four more, which wait for one of the seats.
_seats = BoundedSemaphore(4)
_queue = BoundedSemaphore(4)
_taken_at: dict[int, float] = {}
_PATIENCE = 1.0


@cache
def known() -> Mapping[str, Gateway]:
    """Return every gateway by its method's code, so that old payments can be settled."""
    gateways: list[Gateway] = [DemoGateway(), StripeGateway(), CASH_ON_DELIVERY, BANK_TRANSFER]
    return {gateway.code: gateway for gateway in gateways}


def configured() -> dict[str, Gateway]:
    """Return the gateways that customers may choose, by their method's code."""
    gateways = dict(known())
    if not settings.DEMO_PAYMENTS:
        del gateways["card"]
    if not settings.STRIPE_SECRET_KEY:
        del gateways["stripe"]
    return gateways


@contextmanager
def seat(method: str = "") -> Iterator[None]:
    """Hold one of this process's seats for requests that ask gateways; taken before anything else.

    Waits a second for one, as four at most may, or not at all once a gateway has proved slow, since
    whoever waits holds a thread up that others need; then raises GatewayBusy. A ``method`` whose
    money staff record asks nobody, and needs no seat.
    """
    if method and known()[method].recorded_by_staff:
        yield
        return
    if not _seats.acquire(blocking=False):
        _wait_for_a_seat()
    _taken_at[get_ident()] = time.monotonic()
    try:
        yield
    finally:
        del _taken_at[get_ident()]
        _seats.release()


def _wait_for_a_seat() -> None:
    now = time.monotonic()
    is_slow = any(now - taken_at > _PATIENCE for taken_at in list(_taken_at.values()))
    if is_slow or not _queue.acquire(blocking=False):
        raise GatewayBusy
    try:
        if not _seats.acquire(timeout=_PATIENCE):
            raise GatewayBusy
    finally:
        _queue.release()


def ask(call: Callable[[], R]) -> R:
    """Make a gateway call. Raises RuntimeError inside a transaction: it would hold locks meanwhile.

    A test's own transaction is let through, as ``transaction.atomic(durable=True)`` lets it.
    """
    blocks = transaction.get_connection().atomic_blocks
    if any(not block._from_testcase for block in blocks):  # noqa: SLF001 - Django's own question
        raise RuntimeError("a gateway was asked inside a transaction")
    return call()
