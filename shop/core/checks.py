"""System checks of the shop's own: what is allowed, but wrong with real customers."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name


@register(Tags.security, deploy=True)
def check_demo_payments(**kwargs: Any) -> list[CheckMessage]:
    """Warn before a deployment that gives goods away for demo money."""
    if not settings.DEMO_PAYMENTS:
        return []
    return [
        Warning(
            "DEMO_PAYMENTS is on: the card method takes any card and no money.",
            hint="Unset DEMO_PAYMENTS before real customers come.",
            id="shop.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_throttle(**kwargs: Any) -> list[CheckMessage]:
    """Warn before a deployment in which passwords can be guessed without limit."""
    if settings.THROTTLE:
        return []
    return [
        Warning(
            "THROTTLE is off: logins and registrations are not limited.",
            hint="Unset THROTTLE, or set it to 1.",
            id="shop.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_stripe_key(**kwargs: Any) -> list[CheckMessage]:
    """Warn before a deployment that gives goods away for test money."""
    if "_test_" not in settings.STRIPE_SECRET_KEY:
        return []
    return [
        Warning(
            "STRIPE_SECRET_KEY is a test key: cards pay with no money.",
            hint="Use the live key before real customers come.",
            id="shop.W003",
        )
    ]
