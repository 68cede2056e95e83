"""What a provider tells by itself: applied once, and never believed, only asked about."""

import logging
from dataclasses import replace
from uuid import UUID

from django.db.models import Q

from payments import gateways
from payments.gateways import Outcome
from payments.gateways.stripe import Told
from payments.models import Payment, PaymentStatus, ProviderEvent
from payments.services.asking import (
    charge_of,
    gateway_of,
    pending_refunds,
    refund_late_payment,
    send_refund,
)
from payments.services.settling import UNDECIDED, settle
from shop.core.faults import fault
from shop.core.statements import insert
from shop.core.transactions import transactional

logger = logging.getLogger("shop.payments")


def hear(*, told: Told, method: str) -> None:
    """Apply an event of the gateway ``method``, whose signature was checked; once.

    What it is about is fetched from the gateway first, unless it has ended here: of the many events
    of a payment most come too late to tell anything. Raises GatewayUnavailable or GatewayBusy, with
    nothing written, so that the provider tells it again.
    """
    if ProviderEvent.objects.filter(event_id=told.event_id).exists():
        return
    payment = _payment_of(told, method)
    if payment is None:
        logger.warning("event %s is about no payment of ours: %s", told.event_id, told.reference)
        insert(ProviderEvent(event_id=told.event_id, kind=told.kind), unless_there=True)
        return
    if not _can_change(payment, told):
        insert(
            ProviderEvent(event_id=told.event_id, kind=told.kind, payment=payment),
            unless_there=True,
        )
        return
    # A seat only for those that ask, else events would keep customers from paying.
    with gateways.seat():
        _ask_about(told, payment)


def _can_change(payment: Payment, told: Told) -> bool:
    """Return whether anything is still open that this event may be about."""
    if payment.status in (*UNDECIDED, PaymentStatus.REFUND_PENDING):
        return True
    return "refund" in told.kind and bool(pending_refunds(payment))


def _ask_about(told: Told, payment: Payment) -> None:
    what = charge_of(payment)
    what = replace(what, reference=what.reference or told.reference)
    outcome = gateways.ask(lambda: gateway_of(payment).fetch(what))
    fault("event.fetched")
    settled = _apply(told, payment, outcome)
    if settled.status == PaymentStatus.REFUND_PENDING:
        refund_late_payment(settled)
    elif "refund" in told.kind:
        for refund in pending_refunds(settled):
            send_refund(refund)


@transactional
def _apply(told: Told, payment: Payment, outcome: Outcome | None) -> Payment:
    """Write the event and what became of its payment; nothing for a twin of the event."""
    event = ProviderEvent(event_id=told.event_id, kind=told.kind, payment=payment)
    if not insert(event, unless_there=True) or outcome is None:
        return Payment.objects.get(pk=payment.pk)
    return settle(payment=payment, outcome=outcome)


def _payment_of(told: Told, method: str) -> Payment | None:
    """Find by our own key, which the event has before we know the provider's name for it."""
    about = Q(provider_reference=told.reference) if told.reference else Q(pk__in=[])
    if _is_key(told.key):
        about |= Q(provider_key=told.key)
    return Payment.objects.filter(about, method=method).first()


def _is_key(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
