"""Provider events. Each is applied once, after its payment was fetched from the gateway."""

import logging
from dataclasses import replace
from uuid import UUID

from django.db.models import Q

from payments import gateways
from payments.gateways import Outcome
from payments.gateways.stripe import WebhookEvent
from payments.models import Payment, PaymentStatus, ProviderEvent, Refund
from payments.services.charges import charge_of, gateway_of
from payments.services.refunds import send_pending_refunds
from payments.services.settlement import settle
from payments.states import UNDECIDED
from shop.core.transactions import transactional
from shop.engine import insert

logger = logging.getLogger("shop.payments")


def apply_event(*, event: WebhookEvent, method: str) -> None:
    """Apply an event of the gateway ``method``, whose signature was checked; once.

    The payment is fetched from the gateway first, unless the event can change nothing: of the many
    events of a payment, most arrive after it was settled. Raises GatewayUnavailable or GatewayBusy,
    with nothing written, so that the provider sends the event again.
    """
    if ProviderEvent.objects.filter(event_id=event.event_id).exists():
        return
    payment = _payment_of(event, method)
    if payment is None:
        logger.warning("event %s is about no payment of ours: %s", event.event_id, event.reference)
    if payment is None or not _can_change(payment, event):
        _record(event, payment)
        return
    # Only events that call a gateway take a slot, so that the others never delay a buyer.
    with gateways.slot():
        _fetch_and_apply(event, payment)


def _record(event: WebhookEvent, payment: Payment | None) -> bool:
    """Store an event; False if it is stored already."""
    row = ProviderEvent(event_id=event.event_id, kind=event.kind, payment=payment)
    return insert(row, unless_exists=True)


def _can_change(payment: Payment, event: WebhookEvent) -> bool:
    """Return whether the event may concern something that is not settled."""
    if payment.status in (*UNDECIDED, PaymentStatus.REFUND_PENDING):
        return True
    return "refund" in event.kind and Refund.objects.pending().filter(payment=payment).exists()


def _fetch_and_apply(event: WebhookEvent, payment: Payment) -> None:
    charge = charge_of(payment)
    charge = replace(charge, reference=charge.reference or event.reference)
    outcome = gateways.ask(lambda: gateway_of(payment).fetch(charge))
    settled = _apply(event, payment, outcome)
    if settled.status == PaymentStatus.REFUND_PENDING or "refund" in event.kind:
        send_pending_refunds(settled)


@transactional
def _apply(event: WebhookEvent, payment: Payment, outcome: Outcome | None) -> Payment:
    """Store the event and the outcome of its payment; nothing for a duplicate of the event."""
    if not _record(event, payment) or outcome is None:
        return Payment.objects.get(pk=payment.pk)
    return settle(payment=payment, outcome=outcome)


def _payment_of(event: WebhookEvent, method: str) -> Payment | None:
    """Find by our own key, which the event has before we know the provider's reference."""
    about = Q(provider_reference=event.reference) if event.reference else Q(pk__in=[])
    if _is_key(event.key):
        about |= Q(provider_key=event.key)
    return Payment.objects.filter(about, method=method).first()


def _is_key(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
