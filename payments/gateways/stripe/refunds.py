"""Refunds at Stripe: looked for by our key in their metadata, then asked for under it."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import stripe

from payments.gateways.base import Charge, RefundOutcome, RefundState, StatedRefund
from payments.gateways.stripe.amounts import from_minor
from payments.gateways.stripe.answers import is_about_key, is_replayed, named

# docs.stripe.com/api/refunds/object#refund_object-status
STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_KEYS = 3


def give_back(api: stripe.V1Services, charge: Charge, minor: int, key: str) -> RefundOutcome:
    """Return the refund of this key, asking for it if there is none.

    A failure that Stripe keeps for the key would come again for a day. Where the list then shows
    that nothing went back, the next key is tried; the metadata is that of all of them.
    """
    for number in range(_KEYS):
        found = _find(api, charge, key)
        if found is not None:
            return _outcome(found)
        try:
            return _outcome(_ask(api, charge, minor, key, number))
        except stripe.InvalidRequestError as error:
            if is_about_key(error):
                raise
            return RefundOutcome(RefundState.FAILED)
        except stripe.APIError as error:
            if not is_replayed(error) or number == _KEYS - 1:
                raise
    raise AssertionError("unreachable: the last key returns or raises")


def by_intent(api: stripe.V1Services, since: datetime) -> dict[str, tuple[StatedRefund, ...]]:
    """Return the refunds made since then, by their intent."""
    found: dict[str, list[StatedRefund]] = defaultdict(list)
    made: Any = api.refunds.list({"created": {"gte": int(since.timestamp())}, "limit": 100})
    for refund in made.auto_paging_iter():
        found[refund.payment_intent].append(
            StatedRefund(
                reference=refund.id,
                key=named(refund, "refund_key"),
                amount=from_minor(refund.amount, refund.currency),
                status=STATES[refund.status],
            )
        )
    return {intent: tuple(refunds) for intent, refunds in found.items()}


def _find(api: stripe.V1Services, charge: Charge, key: str) -> Any:
    made: Any = api.refunds.list({"payment_intent": charge.reference, "limit": 100})
    for refund in made.auto_paging_iter():
        if named(refund, "refund_key") == key:
            return refund
    return None


def _ask(api: stripe.V1Services, charge: Charge, minor: int, key: str, number: int) -> Any:
    return api.refunds.create(
        {
            "payment_intent": charge.reference,
            "amount": minor,
            "metadata": {"order_id": str(charge.order_id), "refund_key": key},
        },
        {"idempotency_key": key if number == 0 else f"{key}-{number}"},
    )


def _outcome(refund: Any) -> RefundOutcome:
    return RefundOutcome(STATES[refund.status], reference=refund.id)
