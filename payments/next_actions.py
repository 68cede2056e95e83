"""What a buyer has to do about a payment, in one shape for every gateway (``orders.payments``)."""

from django.conf import settings
from stdnum import iban

from orders.payments import NOTHING, ActionType, NextAction
from payments import gateways
from payments.gateways import Gateway
from payments.models import Payment, PaymentStatus
from payments.states import OPEN
from shop.core.money import show

_POLL_AFTER = {PaymentStatus.PENDING: 5, PaymentStatus.PROCESSING: 3600}
"""Seconds after which the outcome may be known."""


def next_action_of(payment: Payment) -> NextAction:
    """Return what the buyer has to do about a payment.

    Its URL and data are known only if the provider was asked just now (``Payment.action``).
    """
    if payment.status not in OPEN:
        return NOTHING
    gateway = gateways.registered().get(payment.method)
    if gateway is not None and gateway.recorded_by_staff:
        return _instructions(payment, gateway)
    if payment.status != PaymentStatus.REQUIRES_ACTION:
        after = _POLL_AFTER[PaymentStatus(payment.status)]
        return NextAction(ActionType.WAIT, poll_after=after, return_url=payment.return_url)
    action = payment.action
    if action is None:
        kind = ActionType(payment.action_type or ActionType.CLIENT)
        return NextAction(kind, return_url=payment.return_url)
    return NextAction(
        action.type,
        url=action.url,
        method=action.method,
        return_url=payment.return_url,
        data=action.data,
        expires_at=action.expires_at,
    )


def _instructions(payment: Payment, gateway: Gateway) -> NextAction:
    """Return what a buyer needs for a transfer. Without a reference there is nothing to do."""
    if not payment.provider_reference:
        return NOTHING
    window = gateway.payment_window
    data = {
        **_account(),
        "reference": payment.provider_reference,
        "amount": show(payment.amount),
        "currency": payment.currency,
    }
    ends_at = None if window is None else payment.created_at + window
    return NextAction(ActionType.DISPLAY, data=data, expires_at=ends_at)


def _account() -> dict[str, str]:
    """Return the seller's bank account, as invoices have it; nothing if none is configured."""
    if not settings.SELLER_IBAN:
        return {}
    account = {
        "account_holder": settings.SELLER_NAME,
        "iban": iban.compact(settings.SELLER_IBAN),
        "bic": settings.SELLER_BIC,
        "bank": settings.SELLER_BANK,
    }
    return {name: text for name, text in account.items() if text}


def reference_of(payment: Payment) -> str:
    """Return the reference for a bank transfer. A provider's own reference is not shown."""
    gateway = gateways.registered().get(payment.method)
    return payment.provider_reference if gateway and gateway.recorded_by_staff else ""
