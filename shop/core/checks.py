"""System checks for deployments: settings that are allowed, but wrong in a real shop."""

import sys
from typing import Any

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Info,
    Tags,
    Warning,  # noqa: A004 - Django's name
    register,
)


@register(Tags.security, deploy=True)
def check_demo_payments(**kwargs: Any) -> list[CheckMessage]:
    """Warn if the demo gateway is enabled."""
    if not settings.DEMO_PAYMENTS:
        return []
    return [
        Warning(
            "DEMO_PAYMENTS is on: the card method accepts any card and charges nothing.",
            hint="Unset DEMO_PAYMENTS before the shop has real customers.",
            id="shop.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_throttle(**kwargs: Any) -> list[CheckMessage]:
    """Warn if rate limits are disabled, so that passwords can be guessed."""
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
    """Warn if Stripe is used with a test key."""
    if "_test_" not in settings.STRIPE_SECRET_KEY:
        return []
    return [
        Warning(
            "STRIPE_SECRET_KEY is a test key: no card is charged.",
            hint="Use the live key before the shop has real customers.",
            id="shop.W003",
        )
    ]


def known_vulnerability(version: tuple[int, int, int]) -> str:
    """Return a sentence about the known vulnerability of a Python version, "" if it has none."""
    fixed = {(3, 11): 10, (3, 12): 6}  # the first fixed releases
    if version[2] >= fixed.get(version[:2], 0):
        return ""
    number = ".".join(map(str, version))
    return (
        f"Python {number} parses cookies in quadratic time (CVE-2024-7592), also in the admin. "
        "Use Python 3.11.10, 3.12.6 or newer."
    )


@register(Tags.security, deploy=True)
def check_interpreter(**kwargs: Any) -> list[CheckMessage]:
    """Report an interpreter with a known vulnerability.

    It is not a warning, because the shop limits the length of cookies (RequestMiddleware).
    """
    found = known_vulnerability(sys.version_info[:3])
    return [Info(found, id="shop.I001")] if found else []
