"""The gateway of a payment, and the charge that describes the payment to the gateway."""

from orders.models import AddressKind, Order, OrderAddress
from orders.numbers import show_number
from payments import gateways
from payments.gateways import Charge, ChargeDetails, Gateway, MultipleCaptures
from payments.models import Payment
from shop.core.money import ZERO


def gateway_of(payment: Payment) -> Gateway:
    """Return the gateway of a payment. Raises KeyError if it is not registered any more."""
    return gateways.registered()[payment.method]


def charge_of(payment: Payment, token: str = "") -> Charge:
    """Return the payment as a charge, with the buyer's ``token`` if this is the first call.

    Reads the details of the order if the gateway wants them for a charge that it may create.
    """
    gateway = gateway_of(payment)
    wants_details = getattr(gateway, "wants_details", False)  # as WantsDetails says
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
        details=_details_of(payment) if wants_details and not payment.provider_reference else None,
    )


def captures_in_parts(payment: Payment) -> bool:
    """Return whether a payment that is authorised can be captured several times."""
    gateway = gateway_of(payment)
    declares = isinstance(gateway, MultipleCaptures) and gateway.multiple_captures
    return declares or payment.amount_capturable > ZERO


def _details_of(payment: Payment) -> ChargeDetails:
    order = Order.objects.select_related("user").get(pk=payment.order_id)
    shipping = OrderAddress.objects.filter(order=order, kind=AddressKind.SHIPPING).first()
    return ChargeDetails(
        number=show_number(order.number, order_id=order.pk),
        email=order.email or (order.user.email if order.user else ""),
        phone=order.phone,
        address=None if shipping is None else shipping.as_postal(),
    )
