"""Provider events. Each is applied once, using the payment's state at the gateway."""

import logging
import time
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from orders.models import Order
from payments import gateways
from payments.gateways import ListsRefunds, Outcome, ReportedRefund, ReportsDisputes
from payments.gateways.stripe import WebhookEvent
from payments.models import Payment, PaymentStatus, ProviderEvent, Refund
from payments.services.charges import charge_of, gateway_of
from payments.services.disputes import refresh_dispute
from payments.services.payments import log_outcome
from payments.services.refund_reports import has_news, record_reported_refunds, sent_sum
from payments.services.refunds import send_pending_refunds
from payments.services.settlement import settle
from payments.states import CAPTURED, UNDECIDED
from shop.core import tracing
from shop.core.transactions import transactional
from shop.engine import insert

logger = logging.getLogger("shop.payments")


def apply_event(*, event: WebhookEvent, method: str) -> None:
    """Apply an event of the gateway ``method`` once. Its signature must have been verified.

    The payment is fetched from the gateway, except if the event cannot change anything: most events
    of a payment arrive after it was settled. Raises GatewayUnavailable or GatewayBusy and writes
    nothing, so that the provider sends the event again.
    """
    if ProviderEvent.objects.filter(event_id=event.event_id).exists():
        return
    payment = _find_payment(event, method)
    if payment is None:
        _log_unknown(event)
    else:
        tracing.note(order_id=payment.order_id, payment_id=payment.pk, began_by=payment.request_id)
    if payment is None or not (event.dispute or _can_change(payment, event)):
        _store_event(event, payment)
        return
    # Only events that call a gateway need a slot. Other events must not delay a buyer.
    with gateways.slot():
        if event.dispute:
            _refresh_dispute(event, payment)
        else:
            _fetch_and_apply(event, payment)


def _log_unknown(event: WebhookEvent) -> None:
    """Log an event of no payment. It is a fault only if it names this shop as its origin."""
    is_ours = event.shop == settings.SHOP_NAME
    level = logging.WARNING if is_ours else logging.INFO
    logger.log(level, "event %s: unknown payment %s", event.event_id, event.reference)


def _refresh_dispute(event: WebhookEvent, payment: Payment) -> None:
    gateway = gateway_of(payment)
    if not isinstance(gateway, ReportsDisputes):
        _store_event(event, payment)
        return
    refresh_dispute(
        payment,
        lambda: gateway.fetch_dispute(event.dispute_kind, event.dispute),
        event.dispute,
        is_first=lambda: _store_event(event, payment),
    )


def _store_event(event: WebhookEvent, payment: Payment | None) -> bool:
    """Insert the event; return False if it was stored before."""
    row = ProviderEvent(event_id=event.event_id, kind=event.kind, payment=payment)
    return insert(row, unless_exists=True)


def _can_change(payment: Payment, event: WebhookEvent) -> bool:
    """Return whether the payment, or a refund that the event is about, is not settled yet."""
    if payment.status in (*UNDECIDED, PaymentStatus.REFUND_PENDING) or payment.amount_capturable:
        return True
    if payment.status not in CAPTURED or not _is_about_refunds(event):
        return False
    if event.refund is not None and has_news(payment, event.refund):
        return True
    if event.refunded is not None and event.refunded != sent_sum(payment):
        return True
    return Refund.objects.pending().filter(payment=payment).exists()


def _is_about_refunds(event: WebhookEvent) -> bool:
    return event.refund is not None or "refund" in event.kind


def _fetch_and_apply(event: WebhookEvent, payment: Payment) -> None:
    charge = charge_of(payment)
    charge = replace(charge, reference=charge.reference or event.reference)
    gateway = gateway_of(payment)
    start = time.perf_counter()
    outcome = gateways.call_outside_transaction(lambda: gateway.fetch(charge))
    refunds: tuple[ReportedRefund, ...] = ()
    if _is_about_refunds(event) and isinstance(gateway, ListsRefunds):
        refunds = gateways.call_outside_transaction(lambda: gateway.list_refunds(charge))
    seconds = time.perf_counter() - start
    settled = _apply(event, payment, outcome, refunds)
    log_outcome(settled, seconds)
    if settled.status == PaymentStatus.REFUND_PENDING or _is_about_refunds(event):
        send_pending_refunds(settled)


@transactional
def _apply(
    event: WebhookEvent,
    payment: Payment,
    outcome: Outcome | None,
    refunds: tuple[ReportedRefund, ...],
) -> Payment:
    """Store the event and what was fetched about its payment, unless it was applied before."""
    if not _store_event(event, payment) or outcome is None:
        return Payment.objects.get(pk=payment.pk)
    settled = settle(payment=payment, outcome=outcome)
    if not refunds:
        return settled
    Order.objects.lock(payment.order_id)
    record_reported_refunds(settled, refunds)
    return Payment.objects.get(pk=payment.pk)


def _find_payment(event: WebhookEvent, method: str) -> Payment | None:
    """Return the payment that an event is about, or None.

    An event can arrive before the provider's reference is stored, so our key is used as well.
    """
    matches = Q(provider_reference=event.reference) if event.reference else Q(pk__in=[])
    if _is_payment_key(event.key):
        matches |= Q(provider_key=event.key)
    return Payment.objects.filter(matches, method=method).first()


def _is_payment_key(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
