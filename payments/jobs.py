"""Scheduled jobs: settle open payments, and expire orders that were not paid.

Each row is processed in transactions of its own, and an error in one row does not affect the
others. Jobs may run in parallel and repeatedly. The shop stays correct while no job runs.

A run of the worker has a time limit. The next one continues where it ended, so that a gateway that
hangs for some payments does not keep the others from being settled.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now, Round

from cart.promotions.models import PromotionUse, VoucherRedemption
from orders.errors import IllegalTransition, PaymentNotCaptured, ShippingHeld
from orders.models import Fulfilment, FulfilmentState, Order
from orders.services import finish_fulfilment, pay_free_order, release_vouchers
from orders.states import OrderStatus
from payments import gateways, services
from payments.models import Payment, PaymentQuerySet, PaymentStatus, Refund, RefundStatus
from payments.services.captures import continue_capture, is_being_captured
from payments.services.payments import FIRST_CALL_TIMEOUT
from payments.services.shipping import finish_shipped
from payments.states import OPEN
from shop.core import jobs
from shop.core.times import ago
from shop.core.tracing import working_on

BATCH_SIZE = 500
_SHIPPED = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
_CANCELLED = OrderStatus.CANCELLED
_ENDED = (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
_RELEASABLE = (
    Q(is_late=True)
    | Q(order__status__in=_ENDED)
    | Q(order__amount_paid__gte=Round(F("order__total") - F("order__amount_cancelled"), 2))
)
"""The condition that nothing more will be captured of a payment."""
Row = TypeVar("Row", Order, Payment, Refund, Fulfilment)

_last_pk: dict[Callable[..., bool], int] = {}
"""The row at which the last run of this process ended early, by what is done with the rows."""


def settle_payments() -> int:
    """Settle open payments and pending refunds at their gateways; return how many changed.

    An authorised payment is captured if its order was shipped, and voided if it was cancelled. If
    its authorisation has ended, the gateway is asked. A capture whose outcome is unknown is sent
    again, and what is left of a payment is released once its order owes nothing.
    Pending orders whose total is 0, which an earlier release placed, are marked as paid.
    """
    is_finished = Q(order__status__in=[*_SHIPPED, _CANCELLED]) | Q(capture_before__lt=Now())
    is_finished |= Q(capture_target__gt=F("amount_captured"))
    authorised = Q(is_finished, status=PaymentStatus.AUTHORISED)
    unsettled = Payment.objects.filter(Q(status__in=OPEN) | authorised)
    settled = _apply_to_each(unsettled.select_related("order"), _settle_payment)
    in_part = Payment.objects.filter(is_finished | _RELEASABLE, amount_capturable__gt=0)
    settled += _apply_to_each(in_part.select_related("order"), _settle_rest)
    settled += _apply_to_each(Refund.objects.pending(), _settle_refund)
    settled += _apply_to_each(_interrupted_fulfilments(), _finish_fulfilment)
    open_payments = Payment.objects.open().filter(order=OuterRef("pk"))
    free = Order.objects.filter(~Exists(open_payments), status=OrderStatus.PENDING, total=0)
    return settled + _apply_to_each(free, _pay_free_order)


def _interrupted_fulfilments() -> QuerySet[Fulfilment]:
    """Return the fulfilments whose request ended before their payment was captured."""
    is_interrupted = Q(created_at__lt=ago(FIRST_CALL_TIMEOUT))
    return Fulfilment.objects.filter(is_interrupted, status=FulfilmentState.PENDING)


def _finish_fulfilment(fulfilment: Fulfilment) -> bool:
    """Ship a pending fulfilment, or delete it if its payment cannot be captured."""
    with suppress(PaymentNotCaptured, IllegalTransition, ShippingHeld):
        finish_fulfilment(fulfilment.pk)
    return True


def _pay_free_order(order: Order) -> bool:
    return pay_free_order(order_id=order.pk)


def _settle_payment(payment: Payment) -> bool:
    previous_status = payment.status
    gateway = gateways.registered()[payment.method]
    is_unconfirmed = gateway.confirms_order and payment.order.status == OrderStatus.PENDING
    if previous_status == PaymentStatus.AUTHORISED:
        payment = _finish_authorised(payment)
    elif payment.order.status == OrderStatus.CANCELLED:
        payment = services.abandon_payment(payment)
    elif is_unconfirmed or not gateway.recorded_by_staff:
        payment = services.fetch_and_settle(payment)
    return payment.status != previous_status


def _settle_rest(payment: Payment) -> bool:
    """Capture or release what can still be captured of a payment, or ask whether it still can."""
    before = (payment.amount_captured, payment.amount_capturable)
    order = payment.order
    if payment.is_late or order.status in _ENDED or order.amount_paid >= order.total_due:
        payment = services.void_payment(payment=payment, actor=None)
    else:
        payment = _finish_authorised(payment)
    return (payment.amount_captured, payment.amount_capturable) != before


def _finish_authorised(payment: Payment) -> Payment:
    if payment.order.status == OrderStatus.CANCELLED:
        return services.void_payment(payment=payment, actor=None)
    if is_being_captured(payment):
        return continue_capture(payment, None)
    if payment.order.status in _SHIPPED:
        return finish_shipped(payment)
    return services.fetch_and_settle(payment, gives_up=True)


def _settle_refund(refund: Refund) -> bool:
    return services.send_refund(refund).status != RefundStatus.PENDING


def expire_orders() -> int:
    """Cancel pending orders whose payment window has closed; return how many.

    An open payment is settled or cancelled first. An order does not expire while it has an open
    payment whose method has a longer window of its own, such as a bank transfer, or a payment that
    its bank processes.
    """
    is_old = Q(has_own_window=False, created_at__lt=ago(services.payment_window()))
    is_late = is_old | Q(pay_before__lt=Now())
    unpaid = Order.objects.filter(is_late, status=OrderStatus.PENDING).exclude(
        pk__in=_in_longer_window().values("order_id")
    )
    # Orders without an open payment first: they need no gateway.
    open_payments = Payment.objects.open().filter(order=OuterRef("pk"))
    expired = _apply_to_each(unpaid.exclude(Exists(open_payments)), _expire_unpaid_order)
    expired += _apply_to_each(unpaid, _expire_order)
    # Those that the release before has cancelled, which knows no vouchers.
    codes, promotions = (
        uses.objects.filter(released_at=None).values("order_id")
        for uses in (VoucherRedemption, PromotionUse)
    )
    counted = Q(pk__in=codes) | Q(pk__in=promotions)
    cancelled = Order.objects.filter(counted, status=OrderStatus.CANCELLED)
    _apply_to_each(cancelled, _release_vouchers)
    return expired


def _release_vouchers(order: Order) -> bool:
    return release_vouchers(order_id=order.pk)


def _expire_unpaid_order(order: Order) -> bool:
    return services.expire_order(order_id=order.pk)


def _expire_order(order: Order) -> bool:
    open_payments = Payment.objects.open().filter(order=order).select_related("order")
    abandoned = [services.abandon_payment(payment) for payment in open_payments]
    return services.expire_order(order_id=order.pk, abandoned=abandoned)


def _in_longer_window() -> PaymentQuerySet:
    """Return open payments whose method has a payment window of its own that is still open."""
    in_window = Q(pk__in=[])
    for code, gateway in gateways.registered().items():
        if gateway.payment_window is not None:
            in_window |= Q(method=code, created_at__gte=ago(gateway.payment_window))
    return Payment.objects.open().filter(in_window)


def _apply_to_each(rows: QuerySet[Row], function: Callable[[Row], bool]) -> int:
    """Call ``function`` for each row, in batches by id; return how often it returned True.

    Begins after the row at which the last run ended early, if it did, and stops if the time of this
    run is over.
    """
    first_pk = _last_pk.pop(function, 0)
    count = _apply_to_some(rows.filter(pk__gt=first_pk), function)
    if first_pk and function not in _last_pk:
        count += _apply_to_some(rows.filter(pk__lte=first_pk), function)
    return count


def _apply_to_some(rows: QuerySet[Row], function: Callable[[Row], bool]) -> int:
    """Call ``function`` for each row; note where it stops if the time of this run is over."""
    count = last_pk = 0
    while batch := list(rows.filter(pk__gt=last_pk).order_by("pk")[:BATCH_SIZE]):
        for row in batch:
            if jobs.is_time_over() or (changed := _apply_logging_errors(function, row)) is None:
                _last_pk[function] = last_pk
                return count
            count += changed
            last_pk = row.pk
    return count


def _apply_logging_errors(function: Callable[[Row], bool], row: Row) -> bool | None:
    """Return the result of ``function``, or None if the worker stops before it is complete."""
    with working_on(getattr(row, "request_id", None), **_ids_of(row)):
        try:
            return function(row)
        except jobs.TimeOver:
            return None
        except Exception as error:  # noqa: BLE001 - a row that fails must not stop the others
            jobs.row_failed(jobs.identify(row), error)
            return False


def _ids_of(row: Order | Payment | Refund | Fulfilment) -> dict[str, Any]:
    """Return the ids of a row and of what it belongs to, for the log."""
    if isinstance(row, Refund):
        return {"refund_id": row.pk, "payment_id": row.payment_id}
    if isinstance(row, Payment):
        return {"payment_id": row.pk, "order_id": row.order_id}
    if isinstance(row, Fulfilment):
        return {"order_id": row.order_id}
    return {"order_id": row.pk}
