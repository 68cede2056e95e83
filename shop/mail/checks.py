"""System checks of mail, for deployments."""

from typing import Any

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Tags,
    Warning,  # noqa: A004 - Django's name
    register,
)


@register(Tags.compatibility, deploy=True)
def check_mail(**kwargs: Any) -> list[CheckMessage]:
    """Warn if messages cannot be sent, or cannot link to the storefront."""
    found: list[CheckMessage] = []
    if settings.MAIL_MODE == "wait":
        found.append(
            Warning(
                "EMAIL_URL is not set: messages to buyers wait, and are given up after days.",
                hint="Set EMAIL_URL to the URL of a mail server, or to none to send no messages.",
                id="shop.W004",
            )
        )
    if settings.MAIL_MODE == "send" and not all(settings.STOREFRONT_LINKS.values()):
        found.append(
            Warning(
                "STOREFRONT_URL is not set: messages to buyers have no links.",
                hint="Set STOREFRONT_URL to the URL of the storefront.",
                id="shop.W005",
            )
        )
    return found
