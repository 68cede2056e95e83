"""The payment methods as carts list them, and what they cost."""

from collections.abc import Iterator
from decimal import Decimal

from cart.payment_methods import PaymentMethod
from payments.gateways.base import HasClientData, HasFee, LimitsAmount
from payments.gateways.registry import enabled, registered
from shop.core.money import ZERO


def offered_methods() -> Iterator[PaymentMethod]:
    """Yield the methods that buyers can choose."""
    for code, gateway in enabled().items():
        maximum = gateway.maximum_amount if isinstance(gateway, LimitsAmount) else None
        client = gateway.client_data if isinstance(gateway, HasClientData) else {}
        yield PaymentMethod(code, gateway.name, fee_of(code), maximum, client)


def fee_of(method: str) -> Decimal:
    """Return what paying by a method costs the buyer, in the shop's currency."""
    gateway = registered()[method]
    return gateway.fee if isinstance(gateway, HasFee) else ZERO
