"""Beginning, charging, confirming and cancelling payments."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from orders.access import OrderAccess
from orders.models import Order
from orders.services import Fee, set_fee
from payments import gateways
from payments.errors import (
    MethodAmountLimit,
    MethodNotConfigured,
    OrderNotFound,
    PaymentInProgress,
    PaymentNotCancellable,
    PaymentNotConfirmable,
    PaymentNotOpen,
)
from payments.gateways import (
    Charge,
    ChargeUnknown,
    Gateway,
    GatewayUnavailable,
    LimitsAmount,
    Outcome,
    OutcomeStatus,
)
from payments.methods import fee_of
from payments.models import Payment, PaymentStatus
from payments.services.charges import charge_of, gateway_of
from payments.services.refunds import send_pending_refunds
from payments.services.settlement import settle
from payments.services.windows import ago, check_payable
from payments.states import CANCELLABLE, LIVE, OPEN
from shop.core import tracing
from shop.core.money import show
from shop.core.transactions import transactional
from shop.engine import insert

logger = logging.getLogger("shop.payments")

# The first gateway call about a payment has ended this long after the payment was inserted. A call
# takes ten seconds at most, and may wait for a slot before.
FIRST_CALL_TIMEOUT = timedelta(seconds=30)


# -- Phase A: insert the payment ------------------------------------------------------------------


def check_method(method: str) -> None:
    """Raise MethodNotConfigured unless buyers can choose this payment method."""
    enabled = gateways.enabled()
    if method not in enabled:
        names = ", ".join(enabled)
        raise MethodNotConfigured(
            field="payment_method",
            reason=_("This payment method is not available. Choose one of: {names}.").format(
                names=names
            ),
            payment_methods=list(enabled),
        )


@transactional
def begin_payment(*, access: OrderAccess, order_id: int, method: str) -> Payment:
    """Insert a pending payment of the caller's own order, and return it. Locks the order.

    The order gets the fee of the method. Raises MethodNotConfigured, MethodAmountLimit,
    OrderNotFound, OrderNotPayable, OrderExpired, PaymentInProgress.
    """
    check_method(method)
    try:
        order = Order.objects.lock(order_id, **access.owner_of(order_id))
    except Order.DoesNotExist:
        raise OrderNotFound from None
    return begin_payment_of(order, method)


def begin_payment_of(order: Order, method: str) -> Payment:
    """Insert a pending payment of an order that the caller has locked in its transaction.

    Raises MethodAmountLimit, OrderNotPayable, OrderExpired, PaymentInProgress.
    """
    check_payable(order)
    fee = fee_with_name(method)
    if (fee.amount or order.fee_total) and (live := live_payment_of(order.pk)):
        raise PaymentInProgress(payment_id=live.pk)
    set_fee(order, fee)
    _check_amount(method, order.total)
    payment = Payment(
        order_id=order.pk,
        method=method,
        amount=order.total,
        currency=order.currency,
        captures_later=_captures_later(method),
        request_id=tracing.cause(),
    )
    tracing.note(order_id=order.pk)
    if not insert(payment, unless_exists=True):
        raise PaymentInProgress(payment_id=Payment.objects.get(order=order, status__in=LIVE).pk)
    tracing.note(payment_id=payment.pk)
    return payment


def fee_with_name(method: str) -> Fee:
    """Return the fee of a payment method, with the method's name."""
    return Fee(fee_of(method), gateways.registered()[method].name)


def live_payment_of(order_id: int) -> Payment | None:
    """Return the payment of an order that is in progress or has succeeded, if there is one."""
    return Payment.objects.filter(order_id=order_id, status__in=LIVE).first()


def _check_amount(method: str, total: Decimal) -> None:
    gateway = gateways.registered()[method]
    if isinstance(gateway, LimitsAmount) and total > gateway.maximum_amount:
        raise MethodAmountLimit(payment_method=method, limit=show(gateway.maximum_amount))


def _captures_later(method: str) -> bool:
    gateway = gateways.registered()[method]
    return settings.PAYMENT_CAPTURE == "on_shipment" and gateway.can_capture_later


# -- Phase B: call the gateway --------------------------------------------------------------------


def charge(*, payment: Payment, token: str = "", return_url: str = "") -> Payment:
    """Start a payment that was begun at its gateway; return it as stored afterwards.

    ``token`` is what the provider's form returned to the buyer, and ``return_url`` where the
    provider sends the buyer back to.
    """
    return call_and_settle(
        payment,
        lambda gateway, charge: gateway.start(charge),
        token=token,
        return_url=return_url,
    )


def refresh_payment(*, payment: Payment) -> Payment:
    """Settle an open payment by the gateway's outcome; return it with its client secret.

    Serves a duplicate of the request that began the payment. The client secret is not stored, so
    it has to be fetched again.
    """
    tracing.note(order_id=payment.order_id, payment_id=payment.pk)
    if payment.status not in OPEN or gateway_of(payment).recorded_by_staff:
        return payment
    return fetch_and_settle(payment)


def confirm_payment(*, payment: Payment) -> Payment:
    """Continue an open payment after the buyer's action; return it as stored afterwards.

    Raises PaymentNotOpen, PaymentNotConfirmable, OrderNotPayable, OrderExpired.
    """
    check_open(payment, "confirmed")
    if gateway_of(payment).recorded_by_staff:
        raise PaymentNotConfirmable(payment_method=payment.method)
    if payment.status == PaymentStatus.PROCESSING:
        return fetch_and_settle(payment)
    check_payable(Order.objects.with_database_time().get(pk=payment.order_id))
    if payment.status == PaymentStatus.PENDING:
        return fetch_and_settle(payment)
    return call_and_settle(payment, lambda gateway, charge: gateway.confirm(charge))


def cancel_payment(*, payment: Payment) -> Payment:
    """Cancel an open payment; its order stays payable. Returns it as stored afterwards.

    If the money was captured before, the payment has succeeded instead. A processing payment cannot
    be cancelled, because the buyer's bank has the order. Raises PaymentNotOpen,
    PaymentNotCancellable.
    """
    if payment.status not in CANCELLABLE:
        raise PaymentNotOpen(payment_status=payment.status, wanted="cancelled")
    if gateway_of(payment).confirms_order:
        raise PaymentNotCancellable(payment_method=payment.method)
    return cancel_at_gateway(payment)


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
    return_url: str = "",
) -> Payment:
    """Settle a payment by the outcome of a gateway call; return it as stored afterwards.

    If the gateway does not answer, the payment is not changed. Money of a late payment is refunded
    at once. The caller must not be in a transaction.
    """
    gateway, charge = gateway_of(payment), charge_of(payment, token, return_url)
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
    if settled.status == PaymentStatus.REFUND_PENDING:
        settled = send_pending_refunds(settled)
    if settled.status == PaymentStatus.REQUIRES_ACTION:
        settled.client_secret = outcome.client_secret
    return settled


def check_open(payment: Payment, wanted: str) -> None:
    """Raise PaymentNotOpen unless the outcome of the payment is not known yet."""
    if payment.status not in OPEN:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)
