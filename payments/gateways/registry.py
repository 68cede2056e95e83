"""The registry of gateways. An app registers its own in the ``ready`` method of its AppConfig."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.gateways.base import Gateway

_gateways: dict[str, Gateway] = {}
# Payments store the code, and events contain it (shop.core.events).
_CODE = re.compile(r"[A-Za-z0-9_-]{1,30}")


def register(gateway: Gateway) -> None:
    """Add a payment method to the shop. Registering an equal gateway again has no effect.

    Raises ImproperlyConfigured if another gateway has the same code, because each payment stores
    the code of its gateway, and for an invalid code: 1 to 30 letters, digits, ``-`` and ``_``.
    """
    if not _CODE.fullmatch(gateway.code):
        raise ImproperlyConfigured(
            "The code of a payment gateway must have 1 to 30 letters, digits, hyphens and "
            f"underscores, not {gateway.code!r}: {_name_of(gateway)}."
        )
    other = _gateways.setdefault(gateway.code, gateway)
    if other != gateway:
        raise ImproperlyConfigured(
            f"Two payment gateways have the code {gateway.code!r}: {_name_of(other)} and "
            f"{_name_of(gateway)}. Change the code of one of them."
        )


def registered() -> Mapping[str, Gateway]:
    """Return every gateway by code, including disabled ones, which old payments need."""
    return MappingProxyType(_gateways)


def enabled() -> dict[str, Gateway]:
    """Return the gateways that buyers can choose, by code. PAYMENT_METHODS selects them."""
    chosen, has_all = settings.PAYMENT_METHODS, settings.DEBUG
    return {
        code: gateway
        for code, gateway in _gateways.items()
        if gateway.is_enabled
        and (code in chosen if chosen else has_all or not gateway.recorded_by_staff)
    }


def _name_of(gateway: Gateway) -> str:
    return f"{type(gateway).__module__}.{type(gateway).__qualname__}"
