"""System checks of payments."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning

from payments import gateways


@register()
def check_payment_methods(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Return an error for each name in PAYMENT_METHODS that buyers could not choose."""
    registered, enabled = gateways.registered(), gateways.enabled()
    messages: list[CheckMessage] = [
        Error(
            f"PAYMENT_METHODS contains {name!r}, which is not a payment method.",
            hint=f"The payment methods are {', '.join(registered)}.",
            id="payments.E001",
        )
        if name not in registered
        else Error(
            f"PAYMENT_METHODS contains {name!r}, which is not configured.",
            hint="Set the variables that it needs (docs/settings.md), or remove it.",
            id="payments.E002",
        )
        for name in settings.PAYMENT_METHODS
        if name not in enabled
    ]
    if not enabled:
        messages.append(
            CheckWarning(
                "Buyers have no payment method.",
                hint="Set PAYMENT_METHODS, or the variables of a provider (docs/settings.md).",
                id="payments.W001",
            )
        )
    return messages
