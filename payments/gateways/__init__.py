"""Payment gateways: the only code that calls a payment provider.

An app adds its own gateway with ``register``. ``base`` defines the protocol, and docs/payments.md
has a complete example.
"""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from payments.gateways.base import (
    AcceptsOrders,
    Action,
    ActionType,
    BuyerHistory,
    Charge,
    ChargeDetails,
    ChargeUnknown,
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
    HasClientData,
    HasFee,
    LimitsAmount,
    MultipleCaptures,
    Outcome,
    OutcomeStatus,
    RefundOutcome,
    RefundState,
    ReportedCharge,
    ReportedRefund,
    SupportsReconciliation,
    WantsDetails,
)
from payments.gateways.concurrency import slot
from payments.gateways.registry import enabled, register, registered
from payments.gateways.reports import (
    DisputeState,
    DisputeType,
    ListsRefunds,
    ReportedDispute,
    ReportsDisputes,
)
from shop.core import jobs

__all__ = [
    "AcceptsOrders",
    "Action",
    "ActionType",
    "BuyerHistory",
    "Charge",
    "ChargeDetails",
    "ChargeUnknown",
    "DisputeState",
    "DisputeType",
    "Gateway",
    "GatewayRefused",
    "GatewayUnavailable",
    "HasClientData",
    "HasFee",
    "LimitsAmount",
    "ListsRefunds",
    "MultipleCaptures",
    "Outcome",
    "OutcomeStatus",
    "RefundOutcome",
    "RefundState",
    "ReportedCharge",
    "ReportedDispute",
    "ReportedRefund",
    "ReportsDisputes",
    "SupportsReconciliation",
    "WantsDetails",
    "call_outside_transaction",
    "enabled",
    "register",
    "registered",
    "slot",
]

R = TypeVar("R")


def call_outside_transaction(call: Callable[[], R]) -> R:
    """Call a gateway and return its result. Raises RuntimeError inside a transaction.

    Raises TimeOver, without a call, if the worker stops.

    A transaction would keep its locks until the provider answers. The transaction that a test runs
    in is allowed, as in ``transaction.atomic(durable=True)``.
    """
    blocks = transaction.get_connection().atomic_blocks
    if any(not block._from_testcase for block in blocks):  # noqa: SLF001 - as in Django's ``atomic``
        raise RuntimeError("A payment gateway must not be called inside a transaction.")
    jobs.check_stop()
    return call()
