"""The payment methods as carts list them."""

from collections.abc import Iterator
from functools import lru_cache

from django.core.signals import setting_changed
from django.dispatch import receiver

from cart.payment_methods import PaymentMethod
from payments.gateways.base import HasClientData, LimitsAmount
from payments.gateways.registry import enabled


def offered_methods() -> Iterator[PaymentMethod]:
    """Yield the methods that buyers can choose."""
    for code, gateway in enabled().items():
        maximum = gateway.maximum_amount if isinstance(gateway, LimitsAmount) else None
        client = gateway.client_data if isinstance(gateway, HasClientData) else {}
        yield PaymentMethod(code, gateway.name, maximum_total=maximum, client=client)


def kept_methods() -> tuple[PaymentMethod, ...]:
    """Return ``offered_methods``, made once for each set of gateways: every cart lists them."""
    return _methods(tuple(enabled().values()))


@lru_cache(maxsize=8)
def _methods(_gateways: tuple[object, ...]) -> tuple[PaymentMethod, ...]:
    return tuple(offered_methods())


@receiver(setting_changed)
def _forget(**_: object) -> None:
    """Read fees and limits again in tests that change a setting."""
    _methods.cache_clear()
