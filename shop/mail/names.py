"""The names of messages and of their recipients, as staff read them in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, Case, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from accounts.models import User
from orders.models import Order
from orders.numbers import show_number

if TYPE_CHECKING:
    from shop.mail.models import Message

NAMES = {
    "credit_note_issued": _("Credit note issued"),
    "draft_sent": _("Draft sent"),
    "email_change": _("Change of the e-mail address"),
    "email_changed": _("E-mail address changed"),
    "invoice_issued": _("Invoice issued"),
    "order_cancelled": _("Order cancelled"),
    "order_lookup": _("Link to an order"),
    "order_note": _("Note about an order"),
    "order_paid": _("Order paid"),
    "order_placed": _("Order placed"),
    "order_refunded": _("Order refunded"),
    "order_shipped": _("Order shipped"),
    "password_reset": _("New password"),
    "payment_failed": _("Payment failed"),
    "return_approved": _("Return approved"),
    "return_rejected": _("Return rejected"),
    "staff_dispute_opened": _("To staff: dispute opened"),
    "staff_refund_declined": _("To staff: refund declined"),
    "staff_refund_failed": _("To staff: refund failed"),
    "staff_withdrawal_received": _("To staff: withdrawal received"),
    "verification": _("Confirmation of the e-mail address"),
    "withdrawal_received": _("Withdrawal received"),
    "words": _("Words of all messages"),
}
"""The names of the shop's own messages. A message of another app is named by its template."""


def name_of(template: str) -> str:
    """Return the name of a kind of messages in the active language."""
    return gettext(NAMES[template]) if template in NAMES else template


def with_recipients(messages: QuerySet[Any]) -> QuerySet[Any]:
    """Let the rows have the number of the order, or the username, of their recipient."""
    numbers = Order.objects.filter(pk=OuterRef("of_order")).values("number")[:1]
    usernames = User.objects.filter(pk=OuterRef("of_user")).values("username")[:1]
    named = messages.annotate(of_order=_id_of("order"), of_user=_id_of("user"))
    result: QuerySet[Any] = named.annotate(
        order_number=Subquery(numbers), username=Subquery(usernames)
    )
    return result


def _id_of(kind: str) -> Case:
    """Return the id in a recipient such as order:7, or null for another kind."""
    number = Cast(Substr("recipient", len(kind) + 2), BigIntegerField())
    return Case(When(recipient__startswith=f"{kind}:", then=number), default=None)


def recipient_of(message: Message) -> str:
    """Return who gets a message that was read by ``with_recipients``."""
    order_id = getattr(message, "of_order", None)
    if order_id is not None:
        number = show_number(getattr(message, "order_number", None), order_id=order_id)
        return gettext("Buyer of order {number}").format(number=number)
    kind, _colon, number = message.recipient.partition(":")
    if kind == "withdrawal" and number:
        return gettext("Sender of withdrawal {id}").format(id=number)
    return getattr(message, "username", None) or message.recipient
