"""Comparison of the provider's list of charges with the shop's payments, in both directions.

A difference has a correction if exactly one correction is right. The shop's rows are read after the
provider's, so a payment that changes meanwhile may be reported in one run and not in the next.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice

from django.conf import settings
from django.utils import timezone

from payments.gateways import (
    Gateway,
    OutcomeStatus,
    RefundState,
    ReportedCharge,
    ReportedRefund,
    SupportsReconciliation,
)
from payments.models import Payment, Refund, RefundStatus
from payments.reconciliation.corrections import (
    cancel_ended,
    refund_unexpected_capture,
)
from payments.reconciliation.differences import Difference
from payments.services import fetch_and_settle, send_refund
from payments.services.refund_reports import record_reported_refund
from payments.states import CAPTURED, OPEN, UNDECIDED
from shop.core import jobs
from shop.core.jobs import identify
from shop.core.money import ZERO, show

_CHUNK = 500
_OPEN = (OutcomeStatus.PENDING, OutcomeStatus.REQUIRES_ACTION, OutcomeStatus.PROCESSING)
_PAYABLE = (*_OPEN, OutcomeStatus.AUTHORISED)


def find_differences(
    gateway: Gateway, source: SupportsReconciliation, since: datetime
) -> Iterator[Difference]:
    """Yield every difference in charges created since ``since``. Raises GatewayUnavailable."""
    matched_ids: set[int] = set()
    started = timezone.now()
    charges = jobs.in_time(source.list_charges(since))
    while chunk := list(islice(charges, _CHUNK)):
        payments = _payments(gateway.code, chunk)
        for charge in chunk:
            payment = payments.get(charge.key) or payments.get(charge.reference)
            if payment is None:
                yield from _compare_unknown(gateway, charge)
            else:
                matched_ids.add(payment.pk)
                yield from _compare(gateway, payment, charge)
    recent = Payment.objects.filter(
        method=gateway.code, created_at__gte=since, created_at__lte=started
    )
    for payment in recent.exclude(pk__in=matched_ids).order_by("pk").iterator():
        yield from _compare_unlisted(gateway, payment)


def _payments(method: str, charges: Iterable[ReportedCharge]) -> dict[str, Payment]:
    """Return the payments of these charges, by our key and by the provider's reference."""
    keys = [charge.key for charge in charges if charge.key]
    references = [charge.reference for charge in charges]
    of_method = Payment.objects.filter(method=method)
    payments = [
        *of_method.filter(provider_reference__in=references),
        *of_method.filter(provider_key__in=keys),
    ]
    by_reference = {payment.provider_reference: payment for payment in payments}
    return by_reference | {str(payment.provider_key): payment for payment in payments}


def _compare_unknown(gateway: Gateway, charge: ReportedCharge) -> Iterator[Difference]:
    if charge.captured > ZERO and not _is_foreign(charge):
        yield Difference(
            f"{gateway.code} captured {show(charge.captured)} {charge.currency} in "
            f"{charge.reference}, which belongs to no payment of the shop"
        )


def _is_foreign(charge: ReportedCharge) -> bool:
    """Return whether a charge belongs to another shop, or to something else, of the account."""
    if charge.shop:
        return charge.shop != settings.SHOP_NAME
    return not charge.key


def _compare_unlisted(gateway: Gateway, payment: Payment) -> Iterator[Difference]:
    # A payment without a reference may never have reached the provider.
    if payment.provider_reference:
        yield Difference(
            f"{identify(payment)} is {payment.status}, but {gateway.code} does not list it "
            f"({payment.provider_reference})"
        )


def _compare(gateway: Gateway, payment: Payment, charge: ReportedCharge) -> Iterator[Difference]:
    statuses = (
        f"{identify(payment)} is {payment.status}, "
        f"{gateway.code} reports {charge.status} ({charge.reference})"
    )
    if charge.currency != payment.currency:
        yield Difference(
            f"{statuses}: the shop has {payment.currency}, the provider {charge.currency}"
        )
    elif charge.status == OutcomeStatus.SUCCEEDED:
        yield from _compare_capture(payment, charge, statuses)
    elif payment.status in CAPTURED:
        yield Difference(f"{statuses}: no money was captured")
    elif payment.status in UNDECIDED and _has_new_outcome(payment, charge):
        yield Difference(f"{statuses}: an event was missed", partial(fetch_and_settle, payment))
    elif payment.status not in UNDECIDED and charge.status in _PAYABLE:
        yield Difference(f"{statuses}: it could still be paid", partial(cancel_ended, payment))
    yield from _compare_refunds(gateway, payment, charge)


def _has_new_outcome(payment: Payment, charge: ReportedCharge) -> bool:
    """Return whether the provider reports more than that an open payment is still open."""
    is_open = payment.status in OPEN and charge.status in _OPEN
    return charge.status.value != payment.status and not is_open


def _compare_capture(
    payment: Payment, charge: ReportedCharge, statuses: str
) -> Iterator[Difference]:
    if payment.status in UNDECIDED:
        yield Difference(f"{statuses}: an event was missed", partial(fetch_and_settle, payment))
    elif payment.status not in CAPTURED:
        yield Difference(
            f"{statuses}: {show(charge.captured)} was captured for an ended payment",
            partial(refund_unexpected_capture, payment, charge.captured),
        )
    elif charge.captured > payment.amount_captured and payment.amount_capturable:
        yield Difference(f"{statuses}: an event was missed", partial(fetch_and_settle, payment))
    elif charge.captured != payment.amount_captured:
        stored, reported = show(payment.amount_captured), show(charge.captured)
        yield Difference(f"{statuses}: the shop captured {stored}, the provider {reported}")


def _compare_refunds(
    gateway: Gateway, payment: Payment, charge: ReportedCharge
) -> Iterator[Difference]:
    sent = Refund.objects.filter(payment=payment, by_hand=False)
    refunds = list(sent.select_related("payment", "actor"))
    by_reference = {r.provider_reference: r for r in refunds if r.provider_reference}
    by_key = {str(refund.provider_key): refund for refund in refunds}
    matched_ids = set()
    for reported in charge.refunds:
        refund = by_key.get(reported.key) or by_reference.get(reported.reference)
        if refund is not None:
            matched_ids.add(refund.pk)
            yield from _compare_refund(refund, reported)
        elif reported.status == RefundState.SUCCEEDED:
            yield Difference(
                f"{identify(payment)}: {gateway.code} refunded {show(reported.amount)} in "
                f"{reported.reference}, which belongs to no refund of the shop",
                partial(record_reported_refund, payment, reported),
            )
    for refund in refunds:
        if refund.pk not in matched_ids and refund.status == RefundStatus.SUCCEEDED:
            yield Difference(
                f"{identify(refund)} of {identify(payment)} is succeeded, "
                f"but {gateway.code} does not list it"
            )


def _compare_refund(refund: Refund, reported: ReportedRefund) -> Iterator[Difference]:
    statuses = (
        f"{identify(refund)} is {refund.status}, "
        f"the provider reports {reported.status} ({reported.reference})"
    )
    if refund.amount != reported.amount:
        yield Difference(
            f"{statuses}: the shop refunded {show(refund.amount)}, "
            f"the provider {show(reported.amount)}"
        )
    elif refund.status == RefundStatus.PENDING and reported.status != RefundState.PENDING:
        yield Difference(f"{statuses}: an event was missed", partial(send_refund, refund))
    elif (refund.status, reported.status) == (RefundStatus.SUCCEEDED, RefundState.FAILED):
        yield Difference(
            f"{statuses}: the money came back after the refund had succeeded",
            partial(record_reported_refund, refund.payment, reported),
        )
    elif refund.status not in (reported.status.value, RefundStatus.PENDING):
        yield Difference(f"{statuses}: the status changed after the refund was settled")
