"""What staff do with a payment in the admin, on its page and with a selection."""

from decimal import Decimal

from django.http import HttpRequest

from orders.admin_steps import staff_of
from payments import services
from payments.models import Payment
from shop.core.admin import Work

VerbAndWork = tuple[str, Work]
"""What is said to have become of a payment, and the work that does it."""


def recording(request: HttpRequest) -> VerbAndWork:
    """Return how the money of a manual payment is recorded."""
    staff = staff_of(request)

    def record(payment: Payment) -> None:
        services.record_manual_payment(payment_id=payment.pk, actor=staff)

    note = "Record money only after it has arrived."
    return "recorded as paid", Work(record, amount=_amount, note=note)


def capturing(request: HttpRequest) -> VerbAndWork:
    """Return how all that is due of an authorised amount is captured."""
    staff = staff_of(request)

    def check(payment: Payment) -> Payment:
        services.check_capture(payment=payment, amount=None)
        return payment

    def capture(payment: Payment) -> None:
        amount = services.check_capture(payment=payment, amount=None)
        services.capture_payment(payment=payment, amount=amount, actor=staff)

    def amount_of(payment: Payment) -> tuple[Decimal, str]:
        return services.capturable_amount(payment), payment.currency

    return "captured", Work(check, capture, amount=amount_of)


def voiding(request: HttpRequest) -> VerbAndWork:
    """Return how an authorisation is voided."""
    staff = staff_of(request)

    def check(payment: Payment) -> Payment:
        services.check_authorised(payment, "voided")
        return payment

    def void(payment: Payment) -> None:
        services.void_payment(payment=payment, actor=staff)

    def amount_of(payment: Payment) -> tuple[Decimal, str]:
        return services.authorised_left(payment), payment.currency

    return "voided", Work(check, void, amount=amount_of)


STEPS = {"record": recording, "capture": capturing, "void": voiding}
"""The steps of a payment by the name of their page."""


def _amount(payment: Payment) -> tuple[Decimal, str]:
    return payment.amount, payment.currency
