"""Payments from their beginning to their outcome."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from accounts.models import User
from orders.models import Order
from payments import gateways
from payments.errors import (
    CancelTheOrder,
    MethodNotConfigured,
    OnlyStaffRecord,
    OrderNotFound,
    PaymentInProgress,
    PaymentNotOpen,
)
from payments.gateways import GatewayUnavailable, Outcome, OutcomeStatus
from payments.models import Payment, PaymentStatus
from payments.services.charges import charge_of, gateway_of
from payments.services.refunds import send_pending_refunds
from payments.services.settlement import settle
from payments.services.windows import ago, check_payable
from payments.states import LIVE, OPEN
from shop.core.transactions import transactional
from shop.engine import insert

logger = logging.getLogger("shop.payments")

# A gateway call ends within ten seconds; the first call of a younger payment may be under way.
UNDER_WAY = timedelta(seconds=30)


# -- Phase A: store the intent --------------------------------------------------------------------


def check_method(method: str) -> None:
    """Raise MethodNotConfigured, a 400 that lists the configured ones, unless ``method`` is."""
    enabled = gateways.enabled()
    if method not in enabled:
        names = ", ".join(enabled)
        raise MethodNotConfigured(
            field="payment_method",
            reason=f"This method is not configured; choose one of: {names}.",
            payment_methods=list(enabled),
        )


@transactional
def begin_payment(*, user: User, order_id: int, method: str) -> Payment:
    """Store a pending payment of the user's own order, and return it. Locks the order.

    Raises MethodNotConfigured, OrderNotFound, OrderNotPayable, OrderExpired, PaymentInProgress.
    """
    check_method(method)
    try:
        order = Order.objects.lock(order_id, user_id=user.pk)
    except Order.DoesNotExist:
        raise OrderNotFound from None
    check_payable(order)
    payment = Payment(
        order_id=order_id,
        method=method,
        amount=order.total,
        currency=order.currency,
        captures_later=_captures_later(method),
    )
    if not insert(payment, unless_exists=True):
        live = Payment.objects.get(order_id=order_id, status__in=LIVE)
        raise PaymentInProgress(payment_id=live.pk)
    return payment


def _captures_later(method: str) -> bool:
    gateway = gateways.registered()[method]
    return settings.PAYMENT_CAPTURE == "on_shipment" and gateway.can_capture_later


# -- Phase B: call the gateway --------------------------------------------------------------------


def charge(*, payment: Payment, token: str = "") -> Payment:
    """Charge a payment that was begun; return it as stored afterwards."""
    gateway, gateway_charge = gateway_of(payment), charge_of(payment, token)
    return settle_by(payment, lambda: gateway.start(gateway_charge))


def refresh_payment(*, payment: Payment) -> Payment:
    """Settle an open payment by asking its gateway; return it with its client secret.

    For a client that repeats the request that began it: the client secret is not stored.
    """
    if payment.status not in OPEN or gateway_of(payment).recorded_by_staff:
        return payment
    return settle_by_asking(payment)


def confirm_payment(*, payment: Payment) -> Payment:
    """Continue an open payment after the buyer's action; return it as stored afterwards.

    Raises PaymentNotOpen, OnlyStaffRecord, OrderNotPayable, OrderExpired.
    """
    check_open(payment, "confirmed")
    gateway, gateway_charge = gateway_of(payment), charge_of(payment)
    if gateway.recorded_by_staff:
        raise OnlyStaffRecord(payment_method=payment.method)
    check_payable(Order.objects.with_database_time().get(pk=payment.order_id))
    if payment.status == PaymentStatus.PENDING:
        return settle_by_asking(payment)
    return settle_by(payment, lambda: gateway.confirm(gateway_charge))


def cancel_payment(*, payment: Payment) -> Payment:
    """Cancel an open payment; its order stays payable. Returns it as stored afterwards.

    If the money was captured before, the payment has succeeded instead. Raises PaymentNotOpen,
    CancelTheOrder.
    """
    check_open(payment, "cancelled")
    gateway, gateway_charge = gateway_of(payment), charge_of(payment)
    if gateway.confirms_order:
        raise CancelTheOrder(payment_method=payment.method)
    return settle_by(payment, lambda: gateway.cancel(gateway_charge))


def settle_by_asking(payment: Payment) -> Payment:
    """Settle an open payment by the outcome that its gateway reports.

    A charge that the gateway does not know is cancelled there first, so that a request under way
    captures nothing; the payment is cancelled here afterwards.
    """
    gateway, gateway_charge = gateway_of(payment), charge_of(payment)

    def ask() -> Outcome:
        outcome = gateway.fetch(gateway_charge)
        if outcome is None and _is_under_way(payment):
            return Outcome(OutcomeStatus.PENDING)
        return outcome or gateway.cancel(gateway_charge)

    return settle_by(payment, ask)


def _is_under_way(payment: Payment) -> bool:
    """Return whether the first request about a payment may not have reached the gateway yet."""
    return Payment.objects.filter(pk=payment.pk, created_at__gt=ago(UNDER_WAY)).exists()


def settle_by(payment: Payment, call: Callable[[], Outcome], actor: User | None = None) -> Payment:
    """Settle a payment by the outcome of a gateway call; return it as stored afterwards.

    Without an answer it stays as it was. Money that arrived too late is refunded at once.
    """
    try:
        outcome = gateways.ask(call)
    except GatewayUnavailable as error:
        logger.warning("payment %s: the gateway did not answer: %s", payment.pk, error)
        return Payment.objects.get(pk=payment.pk)
    settled = settle(payment=payment, outcome=outcome, actor=actor)
    if settled.status == PaymentStatus.REFUND_PENDING:
        settled = send_pending_refunds(settled)
    if settled.status == PaymentStatus.REQUIRES_ACTION:
        settled.client_secret = outcome.client_secret
    return settled


def check_open(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless the outcome of the payment is not known yet."""
    if payment.status not in OPEN:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)
