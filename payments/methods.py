"""The payment methods as carts list them."""

from collections.abc import Iterator

from cart.payment_methods import PaymentMethod
from payments.gateways.base import HasClientData, LimitsAmount
from payments.gateways.registry import enabled


def offered_methods() -> Iterator[PaymentMethod]:
    """Yield the methods that buyers can choose."""
    for code, gateway in enabled().items():
        maximum = gateway.maximum_amount if isinstance(gateway, LimitsAmount) else None
        client = gateway.client_data if isinstance(gateway, HasClientData) else {}
        yield PaymentMethod(code, gateway.name, maximum_total=maximum, client=client)
