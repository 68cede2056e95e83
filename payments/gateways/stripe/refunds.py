"""Refunds at Stripe. A refund's metadata has our key, by which it is found before a new one."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import stripe

from payments.gateways.base import Charge, RefundOutcome, RefundState, ReportedRefund
from payments.gateways.stripe import failures
from payments.gateways.stripe.amounts import from_minor
from payments.gateways.stripe.parsing import is_idempotency_error, is_replayed, metadata_value

# docs.stripe.com/api/refunds/object#refund_object-status
STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_MAX_KEYS = 3


def refund_once(api: stripe.V1Services, charge: Charge, minor: int, key: str) -> RefundOutcome:
    """Return the outcome of the refund with this key; create the refund if there is none.

    ``minor`` is in the currency's smallest unit. Stripe repeats a stored failure of an idempotency
    key for a day. If the list then shows no refund, the next idempotency key is tried. All of them
    have the same key in the metadata.
    """
    for number in range(_MAX_KEYS):
        refund = _find(api, charge, key)
        if refund is not None:
            return _outcome(refund)
        try:
            return _outcome(_create(api, charge, minor, key, number))
        except stripe.InvalidRequestError as error:
            if is_idempotency_error(error):
                raise
            return RefundOutcome(RefundState.FAILED, failure_code=failures.of_error(error))
        except stripe.APIError as error:
            if not is_replayed(error) or number == _MAX_KEYS - 1:
                raise
    raise AssertionError("unreachable: the last key returns or raises")


def by_intent(api: stripe.V1Services, since: datetime) -> dict[str, tuple[ReportedRefund, ...]]:
    """Return the refunds created since ``since``, by the id of their intent."""
    refunds: dict[str, list[ReportedRefund]] = defaultdict(list)
    created: Any = api.refunds.list({"created": {"gte": int(since.timestamp())}, "limit": 100})
    for refund in created.auto_paging_iter():
        refunds[refund.payment_intent].append(_reported(refund))
    return {intent_id: tuple(found) for intent_id, found in refunds.items()}


def of_intent(api: stripe.V1Services, intent_id: str) -> tuple[ReportedRefund, ...]:
    """Return all refunds of an intent."""
    return tuple(_reported(refund) for refund in _list(api, intent_id))


def _list(api: stripe.V1Services, intent_id: str) -> Iterator[Any]:
    refunds: Any = api.refunds.list({"payment_intent": intent_id, "limit": 100})
    yield from refunds.auto_paging_iter()


def _reported(refund: Any) -> ReportedRefund:
    return ReportedRefund(
        reference=refund.id,
        key=metadata_value(refund, "refund_key"),
        amount=from_minor(refund.amount, refund.currency),
        status=STATES[refund.status],
        failure_code=_failure_of(refund),
    )


def _find(api: stripe.V1Services, charge: Charge, key: str) -> Any:
    for refund in _list(api, charge.reference):
        if metadata_value(refund, "refund_key") == key:
            return refund
    return None


def _create(api: stripe.V1Services, charge: Charge, minor: int, key: str, number: int) -> Any:
    return api.refunds.create(
        {
            "payment_intent": charge.reference,
            "amount": minor,
            "metadata": {"order_id": str(charge.order_id), "refund_key": key},
        },
        {"idempotency_key": key if number == 0 else f"{key}-{number}"},
    )


def _outcome(refund: Any) -> RefundOutcome:
    state = STATES[refund.status]
    return RefundOutcome(state, reference=refund.id, failure_code=_failure_of(refund))


def _failure_of(refund: Any) -> str:
    is_failed = STATES[refund.status] == RefundState.FAILED
    return failures.of_refund(refund) if is_failed else ""
