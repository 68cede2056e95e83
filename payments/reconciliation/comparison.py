"""The provider's list of charges compared with our payments, in both directions.

A difference has a sentence, and a correction if there is one right answer. Our rows are read after
the provider's, so a payment that changes meanwhile may be reported once, and not again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from django.db.models import F

from payments.gateways import (
    Gateway,
    OutcomeStatus,
    RefundState,
    StatedCharge,
    StatedRefund,
    StatesCharges,
)
from payments.models import Payment, PaymentStatus, Refund, RefundStatus
from payments.reconciliation.corrections import (
    cancel_at_gateway,
    record_foreign_refund,
    refund_unexpected_capture,
)
from payments.services import send_refund, settle_by_asking
from payments.states import CAPTURED, OPEN, UNDECIDED
from shop.core.money import ZERO, show

_CHUNK = 500
_PAYABLE = (OutcomeStatus.PENDING, OutcomeStatus.REQUIRES_ACTION, OutcomeStatus.AUTHORISED)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not agree; ``correct`` is None if a person has to decide."""

    sentence: str
    correct: Callable[[], object] | None = None


def differences(gateway: Gateway, source: StatesCharges, since: datetime) -> Iterator[Difference]:
    """Yield every difference in charges made since then. Raises GatewayUnavailable."""
    seen: set[int] = set()
    stated = iter(source.statement(since))
    while chunk := list(islice(stated, _CHUNK)):
        payments = _payments(gateway.code, chunk)
        for charge in chunk:
            payment = payments.get(charge.key) or payments.get(charge.reference)
            if payment is None:
                yield from _compare_unknown(gateway, charge)
            else:
                seen.add(payment.pk)
                yield from _compare(gateway, payment, charge)
    recent = Payment.objects.filter(method=gateway.code, created_at__gte=since)
    for payment in recent.exclude(pk__in=seen).order_by("pk").iterator():
        yield from _compare_unlisted(gateway, payment)


def failed_late_refunds() -> Iterator[Difference]:
    """Yield late money whose refund failed, of any age: no scheduled job tries again."""
    kept = Payment.objects.filter(
        status=PaymentStatus.REFUND_PENDING, amount_refunded__lt=F("amount_captured")
    )
    for payment in kept.order_by("pk").iterator():
        left = show(payment.amount_captured - payment.amount_refunded)
        yield Difference(
            f"{payment}: {left} {payment.currency} came too late for order {payment.order_id} "
            "and did not go back"
        )


def _payments(method: str, charges: Iterable[StatedCharge]) -> dict[str, Payment]:
    """Return the payments of these charges, by our key and by the provider's reference."""
    keys = [charge.key for charge in charges if charge.key]
    references = [charge.reference for charge in charges]
    ours = Payment.objects.filter(method=method)
    rows = [
        *ours.filter(provider_reference__in=references),
        *ours.filter(provider_key__in=keys),
    ]
    by_reference = {payment.provider_reference: payment for payment in rows}
    return by_reference | {str(payment.provider_key): payment for payment in rows}


def _compare_unknown(gateway: Gateway, charge: StatedCharge) -> Iterator[Difference]:
    if charge.captured > ZERO:
        yield Difference(
            f"{gateway.code} took {show(charge.captured)} {charge.currency} by {charge.reference}, "
            "which is no payment of the shop"
        )


def _compare_unlisted(gateway: Gateway, payment: Payment) -> Iterator[Difference]:
    if payment.status in CAPTURED or payment.status == PaymentStatus.AUTHORISED:
        yield Difference(f"{payment} is {payment.status}, {gateway.code} knows nothing of it")


def _compare(gateway: Gateway, payment: Payment, charge: StatedCharge) -> Iterator[Difference]:
    says = f"{gateway.code} says {charge.status} ({charge.reference})"
    sides = f"{payment} is {payment.status}, {says}"
    if charge.currency != payment.currency:
        yield Difference(f"{sides}: {payment.currency} here, {charge.currency} there")
    elif charge.status == OutcomeStatus.SUCCEEDED:
        yield from _compare_money(payment, charge, sides)
    elif payment.status in CAPTURED:
        yield Difference(f"{sides}: no money was taken")
    elif payment.status in UNDECIDED and _has_moved(payment, charge):
        yield Difference(f"{sides}: an event was missed", partial(settle_by_asking, payment))
    elif payment.status not in UNDECIDED and charge.status in _PAYABLE:
        yield Difference(f"{sides}: it could still be paid", partial(cancel_at_gateway, payment))
    yield from _compare_refunds(gateway, payment, charge)


def _has_moved(payment: Payment, charge: StatedCharge) -> bool:
    waits = charge.status in (OutcomeStatus.PENDING, OutcomeStatus.REQUIRES_ACTION)
    return charge.status.value != payment.status and not (payment.status in OPEN and waits)


def _compare_money(payment: Payment, charge: StatedCharge, sides: str) -> Iterator[Difference]:
    if payment.status in UNDECIDED:
        yield Difference(f"{sides}: an event was missed", partial(settle_by_asking, payment))
    elif payment.status not in CAPTURED:
        yield Difference(
            f"{sides}: {show(charge.captured)} was taken for a payment that had ended",
            partial(refund_unexpected_capture, payment, charge.captured),
        )
    elif charge.captured != payment.amount_captured:
        shown, taken = show(payment.amount_captured), show(charge.captured)
        yield Difference(f"{sides}: {shown} was captured here, {taken} there")


def _compare_refunds(
    gateway: Gateway, payment: Payment, charge: StatedCharge
) -> Iterator[Difference]:
    asked_for = Refund.objects.filter(payment=payment, by_hand=False)
    ours = list(asked_for.select_related("payment", "actor"))
    names = {refund.provider_reference: refund for refund in ours if refund.provider_reference}
    by_name = names | {str(refund.provider_key): refund for refund in ours}
    told = set()
    for stated in charge.refunds:
        refund = by_name.get(stated.key) or by_name.get(stated.reference)
        if refund is not None:
            told.add(refund.pk)
            yield from _compare_refund(refund, stated)
        elif stated.status == RefundState.SUCCEEDED:
            yield Difference(
                f"{payment}: {gateway.code} gave {show(stated.amount)} back by {stated.reference}, "
                "which no refund of the shop asked for",
                partial(record_foreign_refund, payment, stated),
            )
    for refund in ours:
        if refund.pk not in told and refund.status == RefundStatus.SUCCEEDED:
            yield Difference(f"{refund} of {payment} succeeded, {gateway.code} knows nothing of it")


def _compare_refund(refund: Refund, stated: StatedRefund) -> Iterator[Difference]:
    sides = f"{refund} is {refund.status}, the provider says {stated.status} ({stated.reference})"
    if refund.amount != stated.amount:
        yield Difference(f"{sides}: {show(refund.amount)} here, {show(stated.amount)} there")
    elif refund.status == RefundStatus.PENDING and stated.status != RefundState.PENDING:
        yield Difference(f"{sides}: an event was missed", partial(send_refund, refund))
    elif refund.status not in (stated.status.value, RefundStatus.PENDING):
        yield Difference(f"{sides}: what is true now, the customer knows")
