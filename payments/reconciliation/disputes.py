"""Comparison of the provider's disputes with the shop's."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from payments.gateways import Gateway, ReportedDispute, ReportsDisputes
from payments.models import Dispute, Payment
from payments.models.disputes import OPEN_DISPUTES
from payments.reconciliation.differences import Difference
from payments.services.disputes import has_dispute_news, refresh_dispute
from shop.core import jobs
from shop.core.jobs import identify


def find_disputes(
    gateway: Gateway, source: ReportsDisputes, since: datetime
) -> Iterator[Difference]:
    """Yield disputes opened since ``since``, and open ones of any age, whose state is another.

    Disputes of charges that the shop does not know are not its own. Raises GatewayUnavailable.
    """
    seen = set()
    for reported in jobs.in_time(source.list_disputes(since)):
        seen.add(reported.reference)
        payment = _payment_of(gateway, reported)
        if payment is not None:
            yield from _compare(source, payment, reported)
    still_open = Dispute.objects.filter(payment__method=gateway.code, status__in=OPEN_DISPUTES)
    for dispute in still_open.exclude(reference__in=seen).select_related("payment"):
        jobs.check_stop()
        reported = source.fetch_dispute(dispute.kind, dispute.reference)
        yield from _compare(source, dispute.payment, reported)


def _payment_of(gateway: Gateway, reported: ReportedDispute) -> Payment | None:
    if not reported.charge_reference:
        return None
    payments = Payment.objects.filter(method=gateway.code)
    return payments.filter(provider_reference=reported.charge_reference).first()


def _compare(
    source: ReportsDisputes, payment: Payment, reported: ReportedDispute
) -> Iterator[Difference]:
    if has_dispute_news(payment, reported):
        fetch = partial(source.fetch_dispute, reported.kind, reported.reference)
        yield Difference(
            f"{identify(payment)}: the provider reports {reported.kind} {reported.reference} as "
            f"{reported.status}: an event was missed",
            partial(refresh_dispute, payment, fetch, reported.reference),
        )
