"""How much of an order its payments cover, which is never more than is due.

``Order.amount_committed`` is the sum of what payments in progress may bring and of what others
brought, also if that was refunded later. Each payment adds its amount under the lock of the order,
by an UPDATE whose WHERE clause compares the sum with what is due. The column is recomputed when a
payment brings less.
"""

from decimal import Decimal

from django.db.models import Case, DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Least, Round

from orders.models import Order
from payments import gateways
from payments.models import Payment, PaymentStatus
from payments.states import OPEN, UNDECIDED
from shop.core.money import MAX_DIGITS, ZERO, quantize

_AMOUNT: DecimalField[Decimal, Decimal] = DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
_BROUGHT = When(
    is_late=False,
    status__in=[PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED],
    then=F("amount_captured") + F("amount_capturable"),
)


def _sum_of(*cases: When) -> Coalesce:
    """Return the sum over payments as an expression. Rounded, since SQLite adds floats."""
    amount = Case(*cases, default=Value(ZERO), output_field=_AMOUNT)
    return Coalesce(Round(Sum(amount), precision=2), Value(ZERO), output_field=_AMOUNT)


_COMMITTED = _sum_of(When(status__in=UNDECIDED, then=F("amount")), _BROUGHT)


def committed_of(order_id: int) -> Decimal:
    """Return what the payments of an order cover, which the caller has locked, from their rows."""
    return _read(Payment.objects.filter(order_id=order_id), _COMMITTED)


def secured_of(order_id: int) -> Decimal:
    """Return what was paid or authorised of an order, or will be paid to the carrier."""
    to_carrier = [code for code, each in gateways.registered().items() if each.confirms_order]
    secured = _sum_of(
        When(status=PaymentStatus.AUTHORISED, then=F("amount")),
        When(status__in=OPEN, method__in=to_carrier, then=F("amount")),
        _BROUGHT,
    )
    return _read(Payment.objects.filter(order_id=order_id), secured)


def _read(payments: QuerySet[Payment], amount: Coalesce) -> Decimal:
    return quantize(payments.aggregate(amount=amount)["amount"])


def commit(order: Order, *, covered: Decimal, amount: Decimal) -> bool:
    """Add ``amount`` to what payments cover; return False if that is more than is due.

    The caller has locked the order, and has computed ``covered`` from its payments. Both are in the
    currency of the order.
    """
    committed = covered + amount
    due = Round(F("total") - F("amount_cancelled"), precision=2)
    orders = Order.objects.alias(due=due).filter(pk=order.pk, due__gte=committed)
    return bool(orders.update(amount_committed=committed))


def recommit(order_id: int) -> None:
    """Store what the payments of an order cover, after one of them brings less than it might have.

    The caller has locked the order.
    """
    payments = Payment.objects.filter(order_id=OuterRef("pk")).order_by().values("order_id")
    covered = Coalesce(
        Subquery(payments.values(amount=_COMMITTED)), Value(ZERO), output_field=_AMOUNT
    )
    # A payment that the previous release began may have come in addition.
    Order.objects.filter(pk=order_id).update(amount_committed=Least(covered, F("total")))
