"""The messages to staff about what they must act on, to the addresses in ``STAFF_EMAILS``."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from orders.models import Order, Withdrawal
from orders.numbers import show_number
from payments.failures import describe_failure
from payments.models import Dispute, DisputeKind, Refund
from shop.core.formats import write_amount
from shop.core.models import Event
from shop.mail.about_withdrawals import unlinked
from shop.mail.mails import Letter, Mail, known_language


def _to_staff(context: Callable[[], Mapping[str, Any]]) -> Letter | None:
    """Return the letter to all addresses, in the language of the shop; None without addresses."""
    if not settings.STAFF_EMAILS:
        return None
    address, *others = settings.STAFF_EMAILS
    return Letter("staff", address, known_language(None), context, other_addresses=others)


def _page(name: str, pk: int) -> str:
    """Return the URL of a page of the admin, or an empty text without ``PUBLIC_URL``."""
    return settings.PUBLIC_URL and f"{settings.PUBLIC_URL}{reverse(f'admin:{name}', args=[pk])}"


def _number_of(order: Order) -> str:
    return show_number(order.number, order_id=order.pk)


def _money(amount: Any, currency: str) -> str:
    return write_amount(amount, currency, translation.get_language() or "en")


def _of_dispute(event: Event) -> Letter | None:
    """Return the letter about a dispute, an inquiry, a warning or a review."""
    dispute = Dispute.objects.select_related("payment__order").filter(pk=event.object_id).first()
    if dispute is None:
        return None
    order = dispute.payment.order
    return _to_staff(
        lambda: {
            "title": f"{dispute.get_kind_display()}: {_number_of(order)}",
            "sentences": list(_sentences_of_dispute(dispute, _number_of(order))),
            "url": _page("payments_dispute_change", dispute.pk),
        }
    )


def _sentences_of_dispute(dispute: Dispute, number: str) -> Iterator[str]:
    texts = {
        DisputeKind.DISPUTE: _("The buyer disputes the payment of order {number} at the bank."),
        DisputeKind.INQUIRY: _("The bank of the buyer asks about the payment of order {number}."),
        DisputeKind.EARLY_FRAUD_WARNING: _(
            "The payment of order {number} may be fraudulent. "
            "Shipping is held until you release it."
        ),
        DisputeKind.REVIEW: _("The payment provider reviews the payment of order {number}."),
    }
    yield texts[DisputeKind(dispute.kind)].format(number=number)
    if dispute.amount is not None:
        amount = _money(dispute.amount, dispute.payment.currency)
        yield _("It is about {amount}.").format(amount=amount)
    if dispute.due_by is not None:
        due_by = format_datetime(
            dispute.due_by,
            "medium",
            tzinfo=ZoneInfo(settings.TIME_ZONE),
            locale=translation.to_locale(translation.get_language() or "en"),
        )
        yield _("Respond before {time}.").format(time=due_by)


def _of_withdrawal(event: Event) -> Letter | None:
    """Return the letter about a withdrawal, which may be a stranger's: without links."""
    row = Withdrawal.objects.select_related("order").filter(pk=event.object_id).first()
    if row is None:
        return None
    return _to_staff(
        lambda: {
            "title": _("Withdrawal {number}").format(number=row.pk),
            "sentences": [_sentence_of_withdrawal(row)],
            "url": _page("orders_withdrawal_change", row.pk),
        }
    )


def _sentence_of_withdrawal(row: Withdrawal) -> str:
    name = unlinked(row.name)
    if row.order is None:
        text = _("{name} has declared a withdrawal from “{number}”, which matches no order.")
        return text.format(name=name, number=unlinked(row.order_number))
    text = _("{name} has declared a withdrawal from order {number}.")
    return text.format(name=name, number=_number_of(row.order))


def _of_refund(event: Event) -> Letter | None:
    """Return the letter about a refund that failed."""
    refunds = Refund.objects.select_related("payment__order")
    refund = refunds.filter(pk=event.data.get("refund_id")).first()
    if refund is None:
        return None
    order = refund.payment.order
    return _to_staff(
        lambda: {
            "title": _("The refund for order {number} failed").format(number=_number_of(order)),
            "sentences": list(_sentences_of_refund(refund, _number_of(order))),
            "url": _page("payments_payment_change", refund.payment_id),
        }
    )


def _sentences_of_refund(refund: Refund, number: str) -> Iterator[str]:
    text = _("The refund of {amount} for order {number} failed. Refund it again, or by hand.")
    yield text.format(amount=_money(refund.amount, refund.payment.currency), number=number)
    reason = describe_failure(refund.failure_code)
    if reason:
        yield reason


MAILS = (
    Mail("staff_dispute_opened", event="dispute.opened", compose=_of_dispute),
    Mail("staff_withdrawal_received", event="withdrawal.received", compose=_of_withdrawal),
    Mail("staff_refund_failed", event="payment.refund_failed", compose=_of_refund),
    Mail("staff_refund_declined", event="payment.refund_declined", compose=_of_refund),
)
