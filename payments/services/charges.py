"""A payment as its gateway sees it."""

from payments import gateways
from payments.gateways import Charge, Gateway
from payments.models import Payment


def gateway_of(payment: Payment) -> Gateway:
    """Return the gateway of a payment."""
    return gateways.registered()[payment.method]


def charge_of(payment: Payment, token: str = "") -> Charge:
    """Return the charge that the gateway is asked about."""
    return Charge(
        key=str(payment.provider_key),
        amount=payment.amount,
        currency=payment.currency,
        order_id=payment.order_id,
        created_at=payment.created_at,
        token=token,
        reference=payment.provider_reference,
        captures_later=payment.captures_later,
    )
