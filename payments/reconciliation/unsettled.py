"""Money that will not move any more by itself, found without the providers."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef

from orders.models import Order
from payments.models import EntryKind, LedgerEntry, Payment, PaymentStatus, Refund, RefundStatus
from payments.reconciliation.differences import Difference
from payments.services.securing import shipped_unsecured
from payments.states import UNDECIDED
from shop.core.jobs import identify
from shop.core.money import show


def find_unsettled() -> Iterator[Difference]:
    """Yield what a person has to look after: refunds that failed, and orders that are not paid."""
    yield from _failed_late_refunds()
    yield from _reversed_refunds()
    yield from _shipped_not_paid()


def _failed_late_refunds() -> Iterator[Difference]:
    """Yield late payments, of any age, whose refund failed. No scheduled job retries the refund."""
    unrefunded = Payment.objects.filter(
        status=PaymentStatus.REFUND_PENDING, amount_refunded__lt=F("amount_captured")
    )
    for payment in unrefunded.order_by("pk").iterator():
        left = show(payment.amount_captured - payment.amount_refunded)
        yield Difference(
            f"{identify(payment)}: {left} {payment.currency} arrived too late for order "
            f"{payment.order_id} and was not refunded"
        )


def _reversed_refunds() -> Iterator[Difference]:
    """Yield refunds that failed after they had succeeded, until a later refund of the payment."""
    later = Refund.objects.filter(payment=OuterRef("payment"), pk__gt=OuterRef("pk"))
    reversals = LedgerEntry.objects.filter(
        kind=EntryKind.REFUND_FAILED, reverses__refund=OuterRef("pk")
    )
    failed = Refund.objects.filter(
        Exists(reversals),
        ~Exists(later.exclude(status=RefundStatus.FAILED)),
        status=RefundStatus.FAILED,
        payment__is_late=False,
    )
    for refund in failed.select_related("payment").order_by("pk").iterator():
        payment = refund.payment
        yield Difference(
            f"{identify(refund)} of {identify(payment)}: {show(refund.amount)} {payment.currency} "
            "came back after the refund had succeeded"
        )


def _shipped_not_paid() -> Iterator[Difference]:
    """Yield orders that were shipped after their authorisation had ended, and are not paid.

    Those with a payment in progress are left out, and those that staff shipped without one.
    """
    in_progress = Payment.objects.filter(order=OuterRef("pk"), status__in=UNDECIDED)
    for order, missing in shipped_unsecured(Order.objects.filter(~Exists(in_progress))):
        due = show(missing)
        yield Difference(f"{identify(order)} was shipped, not paid: {due} {order.currency} is due")
