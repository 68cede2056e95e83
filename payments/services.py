"""Every write of payments, in three phases (RELIABILITY R7).

``begin_payment`` writes the intent and commits; ``charge`` asks the gateway with no lock held and
no transaction open; ``settle`` writes the answer, whoever brings it. An unknown outcome stays
pending, never "failed". Lock order: order, then payment, then products.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import BooleanField, DateTimeField, ExpressionWrapper, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from accounts.models import User
from orders.models import Order, OrderQuerySet
from orders.services import (
    cancel_order,
    confirm_order,
    lock_order,
    note_event,
    record_payment,
)
from orders.states import PAYABLE, OrderStatus
from payments import gateways
from payments.errors import (
    CancelTheOrder,
    MethodNotConfigured,
    OnlyStaffRecord,
    OrderExpired,
    OrderNotFound,
    OrderNotPayable,
    PaymentInProgress,
    PaymentNotOpen,
)
from payments.gateways import Charge, Gateway, GatewayUnavailable, Outcome, OutcomeStatus
from payments.models import LIVE, OPEN, Payment, PaymentStatus
from shop.core.faults import fault
from shop.core.statements import Select, Update, columns_of, insert
from shop.core.transactions import transactional

logger = logging.getLogger("shop.payments")

# A gateway call gives up within ten seconds; what is younger than this may still be on its way.
UNDER_WAY = timedelta(seconds=30)


def payment_window() -> timedelta:
    """Return how long an order waits for its payment to begin."""
    return timedelta(minutes=settings.ORDER_PAYMENT_WINDOW)


def ago(span: timedelta) -> Combinable:
    """Return the database's time minus ``span``: workers' clocks decide nothing."""
    return ExpressionWrapper(Now() - span, output_field=DateTimeField())


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
def begin_payment(*, user: User, order_id: int, method: str) -> int:
    """Write a pending payment of the user's own order; return its id. Locks the order.

    Raises MethodNotConfigured, OrderNotFound, OrderNotPayable, OrderExpired, PaymentInProgress.
    """
    check_method(method)
    row = _LOCK_ORDER.row(user_id=user.pk, order_id=order_id)
    if row is None:
        raise OrderNotFound
    *columns, is_late = row
    order = Order.from_db(DEFAULT_DB_ALIAS, columns_of(Order), columns)
    _check_payable(order.status, is_late=is_late)
    payment = Payment(order=order, method=method, amount=order.total, currency=order.currency)
    if not insert(payment, unless_there=True):
        live = Payment.objects.get(order=order, status__in=LIVE)
        raise PaymentInProgress(payment_id=live.pk)
    return payment.pk


def _with_expiry(orders: OrderQuerySet) -> OrderQuerySet:
    """Annotate ``is_late``: the payment window has closed, by the database's clock."""
    is_late = ExpressionWrapper(
        Q(created_at__lt=ago(payment_window())), output_field=BooleanField()
    )
    return orders.annotate(is_late=is_late)


def _lock_order(user_id: int, order_id: int) -> QuerySet[Order, Any]:
    mine = _with_expiry(Order.objects.filter(user_id=user_id, pk=order_id))
    return mine.select_for_update(no_key=True).values_list(*columns_of(Order), "is_late")


def _check_payable(status: str, *, is_late: bool) -> None:
    """Raise OrderNotPayable or OrderExpired unless such an order may be paid now."""
    if status not in PAYABLE:
        raise OrderNotPayable(order_status=status)
    if status == OrderStatus.PENDING and is_late:
        raise OrderExpired


_LOCK_ORDER = Select(_lock_order)


# -- Phase B: ask the gateway ---------------------------------------------------------------------


_PAYMENT = Select(
    lambda payment_id: Payment.objects.filter(pk=payment_id).values_list(*columns_of(Payment))
)


def charge(*, payment_id: int, token: str = "") -> Payment:
    """Take the money for a payment that was begun; return it as it then stands."""
    fault("payment.begun")
    columns = _PAYMENT.row(payment_id=payment_id)
    payment = Payment.from_db(DEFAULT_DB_ALIAS, columns_of(Payment), columns or ())
    gateway, what = _gateway(payment), _charge(payment, token)
    return _settle_by(payment, lambda: gateway.start(what))


def confirm_payment(*, payment: Payment) -> Payment:
    """Go on with an open payment after the customer's action; return it as it then stands.

    Raises PaymentNotOpen, OnlyStaffRecord, OrderNotPayable, OrderExpired.
    """
    _check_open(payment, "confirmed")
    gateway, what = _gateway(payment), _charge(payment)
    if gateway.recorded_by_staff:
        raise OnlyStaffRecord(payment_method=payment.method)
    order: Any = _with_expiry(Order.objects.all()).get(pk=payment.order_id)
    _check_payable(order.status, is_late=order.is_late)
    if payment.status == PaymentStatus.PENDING:
        return settle_by_asking(payment)
    return _settle_by(payment, lambda: gateway.confirm(what))


def cancel_payment(*, payment: Payment) -> Payment:
    """Give an open payment up; its order stays payable. Returns it as it then stands.

    Money that was taken before stays taken: the payment has then succeeded. Raises PaymentNotOpen,
    CancelTheOrder.
    """
    _check_open(payment, "cancelled")
    gateway, what = _gateway(payment), _charge(payment)
    if gateway.confirms_order:
        raise CancelTheOrder(payment_method=payment.method)
    return _settle_by(payment, lambda: gateway.cancel(what))


def settle_by_asking(payment: Payment) -> Payment:
    """Settle an open payment by what its gateway says became of it.

    A charge that the gateway never heard of is given up there first, so that a request which is
    still on its way takes nothing; only then is the payment cancelled here.
    """
    gateway, what = _gateway(payment), _charge(payment)

    def ask() -> Outcome:
        outcome = gateway.fetch(what)
        if outcome is None and _is_under_way(payment):
            return Outcome(OutcomeStatus.PENDING)
        return outcome or gateway.cancel(what)

    return _settle_by(payment, ask)


def _is_under_way(payment: Payment) -> bool:
    """Return whether the first request about a payment may still be on its way to the gateway."""
    return Payment.objects.filter(pk=payment.pk, created_at__gt=ago(UNDER_WAY)).exists()


def _settle_by(payment: Payment, call: Callable[[], Outcome]) -> Payment:
    try:
        outcome = gateways.ask(call)
    except GatewayUnavailable as error:
        logger.warning("payment %s: the gateway did not answer: %s", payment.pk, error)
        return Payment.objects.get(pk=payment.pk)
    fault("payment.charged")
    settled = settle(payment=payment, outcome=outcome)
    fault("payment.settled")
    if settled.status == PaymentStatus.REFUND_PENDING:
        settled = refund_late_payment(settled)
    return settled


# -- Phase C: write the answer --------------------------------------------------------------------


@transactional
def settle(*, payment: Payment, outcome: Outcome, actor: User | None = None) -> Payment:
    """Write what became of an open payment; return it as it then stands. Locks the order first.

    Safe to repeat and to race: whoever comes second changes nothing. Money for an order that takes
    none any more is marked ``refund_pending``.
    """
    order_status = lock_order(order_id=payment.order_id)
    becomes = {"status": outcome.status.value}
    if outcome.reference:
        becomes["reference"] = outcome.reference
    write = _STAY_OPEN if outcome.status.value in OPEN else _END
    if not write.run(payment_id=payment.pk, **becomes):
        return Payment.objects.get(pk=payment.pk)
    payment.status = outcome.status.value
    payment.provider_reference = outcome.reference or payment.provider_reference
    _tell_order(order_status, payment, actor)
    return payment


def _becomes(
    payment_id: int, status: str, reference: str | None = None
) -> tuple[QuerySet[Payment], dict[str, Any]]:
    named = {} if reference is None else {"provider_reference": reference}
    return Payment.objects.open().filter(pk=payment_id), {"status": status, **named}


def _ends(*args: Any, **kwargs: Any) -> tuple[QuerySet[Payment], dict[str, Any]]:
    open_payment, columns = _becomes(*args, **kwargs)
    return open_payment, {**columns, "settled_at": Now()}


# What decides who settles a payment.
_STAY_OPEN, _END = Update(_becomes), Update(_ends)


def _tell_order(order_status: str, payment: Payment, actor: User | None) -> None:
    """Let the order know what its payment became. The caller holds the order's lock."""
    if payment.status == PaymentStatus.SUCCEEDED:
        took_it = record_payment(order_id=payment.order_id, amount=payment.amount, actor=actor)
        if not took_it:
            payment.status = PaymentStatus.REFUND_PENDING
            Payment.objects.filter(pk=payment.pk).update(status=payment.status)
    elif payment.status in OPEN and order_status == OrderStatus.PENDING:
        gateway = _gateway(payment)
        if gateway.confirms_order:
            confirm_order(order_id=payment.order_id, actor=actor, note=gateway.name)


@transactional
def record_manual_payment(*, payment_id: int, actor: User) -> Payment:
    """Record money that came by hand or bank. Raises PaymentNotOpen, OrderNotPayable.

    For a cancelled order nothing is recorded: staff hand the money back.
    """
    order = Order.objects.lock(
        Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    )
    payment = Payment.objects.get(pk=payment_id)
    _check_open(payment, "recorded as paid")
    if not _gateway(payment).recorded_by_staff:
        raise PaymentNotOpen(payment_status=f"by {payment.method}", wanted="recorded as paid")
    if order.status == OrderStatus.CANCELLED:
        raise OrderNotPayable(order_status=order.status)
    return settle(payment=payment, outcome=Outcome(OutcomeStatus.SUCCEEDED), actor=actor)


# -- Late money goes back, once -------------------------------------------------------------------


def refund_late_payment(payment: Payment) -> Payment:
    """Give back money that came for a cancelled order; return the payment as it then stands.

    The gateway gives it back once for the key, and one call here writes that it did.
    """
    gateway, what = _gateway(payment), _charge(payment)
    key = f"{payment.provider_key}-refund"
    try:
        done = gateways.ask(lambda: gateway.refund(what, amount=payment.amount, key=key))
    except GatewayUnavailable as error:
        logger.warning("payment %s: the refund is not known yet: %s", payment.pk, error)
        return payment
    if done:
        _write_refund(payment)
    return Payment.objects.get(pk=payment.pk)


@transactional
def _write_refund(payment: Payment) -> None:
    waiting = Payment.objects.filter(pk=payment.pk, status=PaymentStatus.REFUND_PENDING)
    Order.objects.lock(payment.order_id)
    if waiting.update(status=PaymentStatus.REFUNDED):
        note_event(order_id=payment.order_id, note="Late payment refunded", actor=None)


# -- What has expired -----------------------------------------------------------------------------


@transactional
def expire_order(*, order_id: int) -> bool:
    """Cancel a pending order whose window is over and that has no open payment; True if it did.

    Locks the order, so that no payment begins meanwhile.
    """
    order: Any = _with_expiry(Order.objects.all()).lock(order_id)
    if order.status != OrderStatus.PENDING or not order.is_late:
        return False
    if Payment.objects.open().filter(order=order).exists():
        return False
    cancel_order(order_id=order_id, actor=None, note="Not paid in time")
    return True


def give_up(payment: Payment) -> Payment:
    """Ask what became of an open payment whose order's time is over, and give it up if nothing.

    An order that its payment method confirms at once is confirmed instead.
    """
    gateway, what = _gateway(payment), _charge(payment)
    is_cancelled = payment.order.status == OrderStatus.CANCELLED
    if not gateway.recorded_by_staff or (gateway.confirms_order and not is_cancelled):
        payment = settle_by_asking(payment)
    if payment.status in OPEN and (is_cancelled or not gateway.confirms_order):
        payment = _settle_by(payment, lambda: gateway.cancel(what))
    return payment


def _check_open(payment: Payment, wanted: str) -> None:
    if payment.status not in OPEN:
        raise PaymentNotOpen(payment_status=payment.status, wanted=wanted)


def _gateway(payment: Payment) -> Gateway:
    return gateways.known()[payment.method]


def _charge(payment: Payment, token: str = "") -> Charge:
    return Charge(
        key=str(payment.provider_key),
        amount=payment.amount,
        currency=payment.currency,
        order_id=payment.order_id,
        token=token,
    )
