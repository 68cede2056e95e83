"""Phase B: charging, confirming and cancelling payments at their gateways."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from accounts.models import User
from orders.models import Order
from payments import gateways
from payments.errors import (
    PaymentNotCancellable,
    PaymentNotConfirmable,
    PaymentNotOpen,
)
from payments.gateways import (
    Action,
    ActionType,
    Charge,
    ChargeUnknown,
    Gateway,
    GatewayUnavailable,
    Outcome,
    OutcomeStatus,
)
from payments.models import Payment, PaymentStatus
from payments.services.charges import charge_of, gateway_of
from payments.services.refunds import send_pending_refunds
from payments.services.settlement import settle
from payments.services.windows import check_payable
from payments.states import CANCELLABLE, OPEN
from shop.core import tracing
from shop.core.times import ago

logger = logging.getLogger("shop.payments")

# The first gateway call about a payment has ended this long after the payment was inserted. A call
# takes ten seconds at most, and may wait for a slot before.
FIRST_CALL_TIMEOUT = timedelta(seconds=30)


def charge(*, payment: Payment, token: str = "") -> Payment:
    """Start a payment that was begun at its gateway; return it as stored afterwards.

    ``token`` is what the provider's form returned to the buyer.
    """
    return call_and_settle(payment, lambda gateway, charge: gateway.start(charge), token=token)


def refresh_payment(*, payment: Payment) -> Payment:
    """Settle an open payment by the gateway's outcome; return it with what the buyer has to do.

    Serves a duplicate of the request that began the payment, and its buyer who has lost the
    response. The client secret is not stored, so it has to be fetched again.
    """
    tracing.note(order_id=payment.order_id, payment_id=payment.pk)
    if payment.status not in OPEN or gateway_of(payment).recorded_by_staff:
        return payment
    return fetch_and_settle(payment)


def confirm_payment(*, payment: Payment) -> Payment:
    """Continue an open payment after the buyer's action; return it as stored afterwards.

    Raises the errors of ``check_confirmation``.
    """
    check_confirmation(payment=payment)
    if payment.status in {PaymentStatus.PROCESSING, PaymentStatus.PENDING}:
        return fetch_and_settle(payment)
    return call_and_settle(payment, lambda gateway, charge: gateway.confirm(charge))


def check_confirmation(*, payment: Payment) -> None:
    """Raise an error unless the payment can be confirmed. Locks nothing.

    Raises PaymentNotOpen, PaymentNotConfirmable, OrderNotPayable, OrderExpired.
    """
    check_open(payment, "confirmed")
    if gateway_of(payment).recorded_by_staff:
        raise PaymentNotConfirmable(payment_method=payment.method)
    if payment.status != PaymentStatus.PROCESSING:
        check_payable(Order.objects.with_database_time().get(pk=payment.order_id))


def cancel_payment(*, payment: Payment) -> Payment:
    """Cancel an open payment; its order stays payable. Returns it as stored afterwards.

    If the money was captured before, the payment has succeeded instead. A processing payment cannot
    be cancelled, because the buyer's bank has the order. Raises the errors of
    ``check_cancellation``.
    """
    check_cancellation(payment=payment)
    return cancel_at_gateway(payment)


def check_cancellation(*, payment: Payment) -> None:
    """Raise PaymentNotOpen or PaymentNotCancellable unless the payment can be cancelled."""
    if payment.status not in CANCELLABLE:
        raise PaymentNotOpen(payment_status=payment.status, wanted="cancelled")
    if gateway_of(payment).confirms_order:
        raise PaymentNotCancellable(payment_method=payment.method)


def cancel_at_gateway(payment: Payment, actor: User | None = None) -> Payment:
    """Cancel an open or authorised payment at its gateway; return it as stored afterwards."""
    return call_and_settle(payment, lambda gateway, charge: gateway.cancel(charge), actor)


def fetch_and_settle(payment: Payment, *, gives_up: bool = False) -> Payment:
    """Settle an open payment by the outcome that its gateway reports; return the stored payment.

    A charge that the gateway does not know is cancelled there first, so that a delayed request
    cannot capture money. Then the payment is cancelled. If the account does not know the reference
    that the gateway has given, as with the keys of another account, the payment is cancelled only
    if the caller ``gives_up``.
    """

    def fetch_or_cancel(gateway: Gateway, charge: Charge) -> Outcome:
        try:
            outcome = gateway.fetch(charge)
        except ChargeUnknown as error:
            if not gives_up:
                raise
            logger.error("payment %s is given up: %s", payment.pk, error)  # noqa: TRY400 - no fault
            return Outcome(OutcomeStatus.CANCELLED)
        if outcome is None and _first_call_may_be_running(payment):
            return Outcome(OutcomeStatus.PENDING)
        return outcome or gateway.cancel(charge)

    return call_and_settle(payment, fetch_or_cancel)


def _first_call_may_be_running(payment: Payment) -> bool:
    """Return whether the request that starts the charge may not have reached the gateway yet."""
    return Payment.objects.filter(pk=payment.pk, created_at__gt=ago(FIRST_CALL_TIMEOUT)).exists()


def log_outcome(payment: Payment, seconds: float) -> None:
    """Log what a gateway call, which took ``seconds``, has made of a payment."""
    facts = {
        "payment_status": payment.status,
        "method": payment.method,
        "reference": payment.provider_reference,
        "gateway_ms": round(1000 * seconds, 1),
    }
    logger.info("payment %s is %s", payment.pk, payment.status, extra={"facts": facts})


def call_and_settle(
    payment: Payment,
    call: Callable[[Gateway, Charge], Outcome],
    actor: User | None = None,
    *,
    token: str = "",
) -> Payment:
    """Settle a payment by the outcome of a gateway call; return it as stored afterwards.

    If the gateway does not answer, the payment is not changed. Money of a late payment is refunded
    at once. The caller must not be in a transaction.
    """
    gateway, charge = gateway_of(payment), charge_of(payment, token)
    tracing.note(order_id=payment.order_id, payment_id=payment.pk)
    start = time.perf_counter()
    try:
        outcome = gateways.call_outside_transaction(lambda: call(gateway, charge))
    except GatewayUnavailable as error:
        logger.warning("payment %s: the outcome is unknown: %s", payment.pk, error)
        return Payment.objects.get(pk=payment.pk)
    seconds = time.perf_counter() - start
    settled = settle(payment=payment, outcome=outcome, actor=actor)
    log_outcome(settled, seconds)
    if settled.status == PaymentStatus.REFUND_PENDING or settled.amount_refunded:
        settled = send_pending_refunds(settled)
    if settled.status == PaymentStatus.REQUIRES_ACTION:
        settled.client_secret = outcome.client_secret
        settled.action = outcome.action or _continued_by_script(outcome)
    return settled


def _continued_by_script(outcome: Outcome) -> Action:
    secret = outcome.client_secret
    return Action(ActionType.CLIENT, data={"client_secret": secret} if secret else {})


def check_open(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless the outcome of the payment is not known yet."""
    if payment.status not in OPEN:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)
