"""Who talks to the outside, and nobody else does."""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from payments.gateways.base import Charge, Gateway, GatewayUnavailable, Outcome, OutcomeStatus
from payments.gateways.demo import DemoGateway
from payments.gateways.manual import BANK_TRANSFER, CASH_ON_DELIVERY

__all__ = [
    "Charge",
    "Gateway",
    "GatewayUnavailable",
    "Outcome",
    "OutcomeStatus",
    "ask",
    "configured",
    "known",
]

R = TypeVar("R")


def known() -> dict[str, Gateway]:
    """Return every gateway by its method's code, so that old payments can be settled."""
    gateways: list[Gateway] = [DemoGateway(), CASH_ON_DELIVERY, BANK_TRANSFER]
    return {gateway.code: gateway for gateway in gateways}


def configured() -> dict[str, Gateway]:
    """Return the gateways that customers may choose, by their method's code."""
    gateways = known()
    if not settings.DEMO_PAYMENTS:
        del gateways["card"]
    return gateways


def ask(call: Callable[[], R]) -> R:
    """Make a gateway call. Raises RuntimeError inside a transaction: it would hold locks meanwhile.

    A test's own transaction is let through, as ``transaction.atomic(durable=True)`` lets it.
    """
    blocks = transaction.get_connection().atomic_blocks
    if any(not block._from_testcase for block in blocks):  # noqa: SLF001 - Django's own question
        raise RuntimeError("a gateway was asked inside a transaction")
    return call()
