"""The gateway of a payment, and the charge that describes the payment to the gateway."""

from payments import gateways
from payments.gateways import Charge, Gateway
from payments.models import Payment


def gateway_of(payment: Payment) -> Gateway:
    """Return the gateway of a payment. Raises KeyError if it is not registered any more."""
    return gateways.registered()[payment.method]


def charge_of(payment: Payment, token: str = "") -> Charge:
    """Return the payment as a charge, with the buyer's ``token`` if this is the first call."""
    return Charge(
        key=str(payment.provider_key),
        amount=payment.amount,
        currency=payment.currency,
        order_id=payment.order_id,
        created_at=payment.created_at,
        token=token,
        reference=payment.provider_reference,
        captures_later=payment.captures_later,
        return_url=payment.return_url,
    )
