"""Phase A: insert a payment under the lock of its order.

The live payments of an order never exceed what is due.
"""

from decimal import Decimal

from django.conf import settings
from django.db.models import Case, When
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.access import OrderAccess
from orders.models import Order
from orders.services import Fee, set_fee
from orders.statements import commit_total
from payments import gateways
from payments.errors import (
    MethodAmountLimit,
    MethodNotConfigured,
    OrderNotFound,
    PaymentAmountLimit,
    PaymentInProgress,
)
from payments.methods import fee_of, limit_of, name_of
from payments.models import Payment, PaymentStatus
from payments.services.commitments import commit, committed_of
from payments.services.windows import check_payable
from payments.states import LIVE
from shop.core import tracing
from shop.core.money import ZERO, show
from shop.core.transactions import transactional
from shop.engine import insert


def check_method(method: str) -> None:
    """Raise MethodNotConfigured unless buyers can choose this payment method."""
    enabled = gateways.enabled()
    if method not in enabled:
        language = get_language() or ""
        names = ", ".join(name_of(code, language) for code in enabled)
        raise MethodNotConfigured(
            field="payment_method",
            reason=_("This payment method is not available. Choose one of: {names}.").format(
                names=names
            ),
            payment_methods=list(enabled),
        )


@transactional
def begin_payment(
    *,
    access: OrderAccess,
    order_id: int,
    method: str,
    amount: Decimal | None = None,
    return_url: str = "",
) -> Payment:
    """Insert a pending payment of the caller's own order, and return it. Locks the order.

    ``amount`` is in the order's currency; None means all that is due and not covered by other
    payments. The order gets the fee of the method, unless another payment covers a part of it.
    Raises MethodNotConfigured, MethodAmountLimit, OrderNotFound, OrderNotPayable, OrderExpired,
    PaymentInProgress, PaymentAmountLimit.
    """
    check_method(method)
    owner = access.owner_of(order_id)
    if amount is None and not fee_of(method):
        order = commit_total.row(order_id=order_id, **owner)
        if order is not None:
            check_payable(order)
            return _insert_payment(order, method, order.amount_committed, return_url)
    try:
        order = Order.objects.lock(order_id, **owner)
    except Order.DoesNotExist:
        raise OrderNotFound from None
    return begin_payment_of(order, method, amount, return_url)


def begin_first_payment(order: Order, method: str, return_url: str) -> Payment:
    """Insert a pending payment of an order that was inserted with its total as committed.

    Needs the caller's transaction. Raises MethodAmountLimit.
    """
    return _insert_payment(order, method, order.total, return_url)


def begin_payment_of(
    order: Order, method: str, amount: Decimal | None = None, return_url: str = ""
) -> Payment:
    """Insert a pending payment of an order that the caller has locked in its transaction.

    The payments that cover the order are added up from their rows. Raises MethodAmountLimit,
    OrderNotPayable, OrderExpired, PaymentInProgress, PaymentAmountLimit.
    """
    check_payable(order)
    covered = committed_of(order.pk)
    fee = fee_with_name(method, order.language)
    if not covered or fee.amount > (order.fee_total or ZERO):
        set_fee(order, fee)
    left = order.total_due - covered
    if left <= ZERO:
        raise _in_progress(order.pk)
    wanted = left if amount is None else amount
    if not commit(order, covered=covered, amount=wanted):
        raise PaymentAmountLimit(payable=show(left))
    return _insert_payment(
        order, method, wanted, return_url, is_partial=bool(covered) or wanted < left
    )


def _insert_payment(
    order: Order, method: str, amount: Decimal, return_url: str, *, is_partial: bool = False
) -> Payment:
    _check_amount(method, amount)
    payment = Payment(
        order_id=order.pk,
        method=method,
        amount=amount,
        currency=order.currency,
        captures_later=_captures_later(method),
        request_id=tracing.cause(),
    )
    # The columns that have a default are left out, so that most payments share one statement.
    if is_partial:
        payment.is_partial = True
    if return_url:
        payment.return_url = return_url
    tracing.note(order_id=order.pk)
    if not insert(payment, unless_exists=True):
        raise _in_progress(order.pk)
    tracing.note(payment_id=payment.pk)
    return payment


def _in_progress(order_id: int) -> PaymentInProgress:
    live = live_payment_of(order_id)
    return PaymentInProgress(payment_id=live and live.pk)


def live_payment_of(order_id: int) -> Payment | None:
    """Return a payment of an order that is in progress, else one that has succeeded, or None."""
    live = Payment.objects.filter(order_id=order_id, status__in=LIVE)
    succeeded = Case(When(status=PaymentStatus.SUCCEEDED, then=1), default=0)
    return live.order_by(succeeded, "pk").first()


def fee_with_name(method: str, language: str) -> Fee:
    """Return the fee of a payment method, with the method's name in a language of the shop."""
    return Fee(fee_of(method), name_of(method, language))


def _check_amount(method: str, amount: Decimal) -> None:
    limit = limit_of(method)
    if limit is not None and amount > limit:
        raise MethodAmountLimit(payment_method=method, limit=show(limit))


def _captures_later(method: str) -> bool:
    gateway = gateways.registered()[method]
    return settings.PAYMENT_CAPTURE == "on_shipment" and gateway.can_capture_later
