"""Beginning a payment, and each step that its owner or a sweep takes of it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User
from orders.models import Order
from payments import gateways
from payments.errors import (
    CancelTheOrder,
    MethodNotConfigured,
    OnlyStaffRecord,
    OrderNotFound,
    PaymentInProgress,
)
from payments.gateways import Outcome, OutcomeStatus
from payments.models import LIVE, OPEN, Payment, PaymentStatus
from payments.services.asking import charge_of, check_open, gateway_of, settle_by
from payments.services.windows import ago, check_payable, with_expiry
from shop.core.faults import fault
from shop.core.statements import Select, insert
from shop.core.transactions import transactional

# A gateway call gives up within ten seconds; what is younger than this may still be on its way.
UNDER_WAY = timedelta(seconds=30)


# -- Phase A: write the intent --------------------------------------------------------------------


def check_method(method: str) -> None:
    """Raise MethodNotConfigured, a 400 that lists the configured ones, unless ``method`` is."""
    configured = gateways.configured()
    if method not in configured:
        names = ", ".join(configured)
        raise MethodNotConfigured(
            field="payment_method",
            reason=f"This method is not configured; choose one of: {names}.",
            payment_methods=list(configured),
        )


@transactional
def begin_payment(*, user: User, order_id: int, method: str) -> Payment:
    """Write a pending payment of the user's own order, and return it. Locks the order.

    Raises MethodNotConfigured, OrderNotFound, OrderNotPayable, OrderExpired, PaymentInProgress.
    """
    check_method(method)
    row = _LOCK_ORDER.row(user_id=user.pk, order_id=order_id)
    if row is None:
        raise OrderNotFound
    order_status, total, currency, is_late = row
    check_payable(order_status, is_late=is_late)
    payment = Payment(
        order_id=order_id,
        method=method,
        amount=total,
        currency=currency,
        captures_later=_captures_later(method),
    )
    if not insert(payment, unless_there=True):
        live = Payment.objects.get(order_id=order_id, status__in=LIVE)
        raise PaymentInProgress(payment_id=live.pk)
    return payment


def _captures_later(method: str) -> bool:
    return settings.PAYMENT_CAPTURE == "on_shipment" and gateways.known()[method].can_capture_later


def _lock_order(user_id: int, order_id: int) -> QuerySet[Order, Any]:
    mine: Any = with_expiry(Order.objects.filter(user_id=user_id, pk=order_id))
    found: QuerySet[Order, Any] = mine.values_list("status", "total", "currency", "is_late")
    return found.select_for_update(no_key=True)


_LOCK_ORDER = Select(_lock_order)


# -- Phase B: ask the gateway ---------------------------------------------------------------------


def charge(*, payment: Payment, token: str = "") -> Payment:
    """Take the money for a payment that was begun; return it as it then stands."""
    fault("payment.begun")
    gateway, what = gateway_of(payment), charge_of(payment, token)
    return settle_by(payment, lambda: gateway.start(what))


def ask_again(*, payment: Payment) -> Payment:
    """Return a payment as it stands with its gateway, with what the customer's app needs to go on.

    For whoever repeats the request that began it: nothing that is secret was kept from the first.
    """
    if payment.status not in OPEN or gateway_of(payment).recorded_by_staff:
        return payment
    return settle_by_asking(payment)


def confirm_payment(*, payment: Payment) -> Payment:
    """Go on with an open payment after the customer's action; return it as it then stands.

    Raises PaymentNotOpen, OnlyStaffRecord, OrderNotPayable, OrderExpired.
    """
    check_open(payment, "confirmed")
    gateway, what = gateway_of(payment), charge_of(payment)
    if gateway.recorded_by_staff:
        raise OnlyStaffRecord(payment_method=payment.method)
    order: Any = with_expiry(Order.objects.all()).get(pk=payment.order_id)
    check_payable(order.status, is_late=order.is_late)
    if payment.status == PaymentStatus.PENDING:
        return settle_by_asking(payment)
    return settle_by(payment, lambda: gateway.confirm(what))


def cancel_payment(*, payment: Payment) -> Payment:
    """Give an open payment up; its order stays payable. Returns it as it then stands.

    Money that was taken before stays taken: the payment has then succeeded. Raises PaymentNotOpen,
    CancelTheOrder.
    """
    check_open(payment, "cancelled")
    gateway, what = gateway_of(payment), charge_of(payment)
    if gateway.confirms_order:
        raise CancelTheOrder(payment_method=payment.method)
    return settle_by(payment, lambda: gateway.cancel(what))


def settle_by_asking(payment: Payment) -> Payment:
    """Settle an open payment by what its gateway says became of it.

    A charge that the gateway never heard of is given up there first, so that a request which is
    still on its way takes nothing; only then is the payment cancelled here.
    """
    gateway, what = gateway_of(payment), charge_of(payment)

    def ask() -> Outcome:
        outcome = gateway.fetch(what)
        if outcome is None and _is_under_way(payment):
            return Outcome(OutcomeStatus.PENDING)
        return outcome or gateway.cancel(what)

    return settle_by(payment, ask)


def _is_under_way(payment: Payment) -> bool:
    """Return whether the first request about a payment may still be on its way to the gateway."""
    return Payment.objects.filter(pk=payment.pk, created_at__gt=ago(UNDER_WAY)).exists()
