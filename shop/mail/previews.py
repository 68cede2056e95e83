"""Mails that are shown without being sent: for developers who change a template."""

from typing import Any

from accounts.email_changes import EmailChange
from accounts.models import User
from orders.models import Order, Withdrawal
from orders.numbers import read_number
from payments.models import Dispute, Invoice, Refund
from shop.core.language_codes import languages_of_buyers
from shop.core.models import Event
from shop.core.money import show
from shop.mail.about_accounts import MAILS as ABOUT_ACCOUNTS
from shop.mail.about_invoices import MAILS as ABOUT_INVOICES
from shop.mail.about_orders import MAILS as ABOUT_ORDERS
from shop.mail.about_returns import MAILS as ABOUT_RETURNS
from shop.mail.about_staff import MAILS as ABOUT_STAFF
from shop.mail.about_withdrawals import MAILS as ABOUT_WITHDRAWALS
from shop.mail.mails import registered
from shop.mail.rendering import Rendered, render


def templates() -> list[str]:
    """Return the names of the templates, also those of other apps."""
    return [mail.template for mail in _mails().values()]


def _mails() -> dict[str, Any]:
    own = (
        *ABOUT_ORDERS,
        *ABOUT_RETURNS,
        *ABOUT_INVOICES,
        *ABOUT_WITHDRAWALS,
        *ABOUT_ACCOUNTS,
        *ABOUT_STAFF,
    )
    return {mail.template: mail for mail in own} | dict(registered())


def preview(template: str, *, language: str = "", order: str = "") -> Rendered:
    """Return a message about an order, the last one by default, or about the last row of its kind.

    Raises LookupError with a sentence if there is no such template, language, order or user.
    """
    mail = _mails().get(template)
    if mail is None:
        raise LookupError(f"There is no mail {template!r}. Choose {', '.join(templates())}.")
    if language and language not in languages_of_buyers():
        raise LookupError(f"The shop has no language {language!r}.")
    subject = mail.event.partition(".")[0]
    event = _EVENTS[subject](mail.event) if subject in _EVENTS else _about(mail.event, order)
    letter = mail.compose(event)
    if letter is None:
        raise LookupError("There is nobody to whom it would be sent.")
    return render(template, language=language or letter.language, context=letter.context)


def _about(kind: str, order: str) -> Event:
    """Return an event that is not stored, with the data that events about orders have."""
    row = _find_order(order)
    refund = Refund.objects.filter(payment__order=row).last()
    data = {"order_id": row.pk, "amount": show(row.total), "currency": row.currency}
    data |= {"refund_id": refund.pk} if refund else {}
    return Event(kind=kind, object_type="order", object_id=row.pk, data=data)


def _find_order(order: str) -> Order:
    orders = Order.objects.order_by("-pk")
    row = orders.filter(number=read_number(order)).first() if read_number(order) else None
    if row is None and order.isdecimal():
        row = orders.filter(pk=int(order)).first()
    if not order:
        row = orders.first()
    if row is None:
        raise LookupError(
            "There is no such order." if order else "There is no order: place one, or seed_demo."
        )
    return row


def _about_user(kind: str) -> Event:
    user = User.objects.order_by("-pk").first()
    if user is None:
        raise LookupError("There is no user: register one, or run seed_demo.")
    data = {"change_id": _last_change()} if kind.startswith("account.email_") else {}
    return Event(kind=kind, object_type="user", object_id=user.pk, data=data)


def _last_change() -> int:
    change = EmailChange.objects.order_by("-pk").first()
    if change is None:
        raise LookupError("There is no change of an address: ask for one.")
    return change.pk


def _about_withdrawal(kind: str) -> Event:
    withdrawal = Withdrawal.objects.order_by("-pk").first()
    if withdrawal is None:
        raise LookupError("There is no withdrawal: declare one.")
    return Event(kind=kind, object_type="withdrawal", object_id=withdrawal.pk, data={})


def _about_invoice(kind: str) -> Event:
    invoice = Invoice.objects.filter(kind=kind.partition(".")[0]).order_by("-pk").first()
    if invoice is None:
        raise LookupError("There is no such document: pay or refund an order, and run the worker.")
    return Event(kind=kind, object_type="invoice", object_id=invoice.pk, data={})


def _about_dispute(kind: str) -> Event:
    dispute = Dispute.objects.order_by("-pk").first()
    if dispute is None:
        raise LookupError("There is no dispute.")
    return Event(kind=kind, object_type="dispute", object_id=dispute.pk, data={})


_EVENTS = {
    "dispute": _about_dispute,
    "account": _about_user,
    "withdrawal": _about_withdrawal,
    "invoice": _about_invoice,
    "credit_note": _about_invoice,
}
"""How to make an event of each kind that is not about an order."""
