"""Payment gateways: the only code that calls a payment provider.

An app registers its own gateway with ``register``; ``base`` has the protocol. docs/payments.md has
a complete example.
"""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from payments.gateways.base import (
    Charge,
    Gateway,
    GatewayUnavailable,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    RefundState,
    StatedCharge,
    StatedRefund,
    StatesCharges,
)
from payments.gateways.concurrency import slot
from payments.gateways.registry import enabled, register, registered

__all__ = [
    "Charge",
    "Gateway",
    "GatewayUnavailable",
    "Outcome",
    "OutcomeStatus",
    "RefundOutcome",
    "RefundState",
    "StatedCharge",
    "StatedRefund",
    "StatesCharges",
    "ask",
    "enabled",
    "register",
    "registered",
    "slot",
]

R = TypeVar("R")


def ask(call: Callable[[], R]) -> R:
    """Call a gateway. Raises RuntimeError inside a transaction, which would hold its locks.

    The transaction that a test runs in is allowed, as in ``transaction.atomic(durable=True)``.
    """
    blocks = transaction.get_connection().atomic_blocks
    if any(not block._from_testcase for block in blocks):  # noqa: SLF001 - Django's own question
        raise RuntimeError("a gateway was asked inside a transaction")
    return call()
