"""The readings of payments and refunds, for ``/metrics`` and the admin."""

from collections.abc import Iterator

from django.db.models import QuerySet

from payments import gateways
from payments.models import Payment, PaymentStatus, Refund
from shop.core.metrics import Reading
from shop.core.metrics.queries import NEWEST, age_of_first, count_by_status

_STUCK = (PaymentStatus.PENDING, PaymentStatus.REFUND_PENDING)


def read() -> Iterator[Reading]:
    """Yield the number of payments by status, and the ages of the oldest that wait for a gateway.

    Payments that staff record, and those that wait for an action of the buyer, are not stuck.
    """
    counted = count_by_status(Payment.objects.all())
    text = f"Payments by status, of the newest {NEWEST}."
    for status in PaymentStatus.values:
        yield Reading("shop_payments", text, counted.get(status, 0), (("status", status),))
    yield Reading(
        "shop_payment_oldest_stuck_age_seconds",
        "Age of the oldest payment whose gateway has not told its outcome; 0 if there is none.",
        age_of_first(stuck_payments()),
    )
    yield Reading(
        "shop_refund_oldest_pending_age_seconds",
        "Age of the oldest refund that is pending; 0 if there is none.",
        age_of_first(Refund.objects.pending()),
    )


def stuck_payments() -> QuerySet[Payment]:
    """Return the payments that wait for their gateway."""
    by_staff = [code for code, each in gateways.registered().items() if each.recorded_by_staff]
    return Payment.objects.filter(status__in=_STUCK).exclude(method__in=by_staff)
