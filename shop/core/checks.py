"""System checks of the shop's own: what is allowed, but wrong with real customers."""

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


def interpreter_hole(version: tuple[int, int, int]) -> str:
    """Return what is known of a Python version without a security fix, or an empty string."""
    fixed = {(3, 11): 10, (3, 12): 6}  # in 3.13 from the start
    if version[2] >= fixed.get(version[:2], 0):
        return ""
    number = ".".join(map(str, version))
    return (
        f"Python {number} reads cookies in quadratic time (CVE-2024-7592), which the admin does. "
        "Use 3.11.10, 3.12.6 or newer."
    )


@register(Tags.security, deploy=True)
def check_interpreter(**kwargs: Any) -> list[CheckMessage]:
    """Tell of an interpreter with a known hole. No warning: the API is protected all the same."""
    found = interpreter_hole(sys.version_info[:3])
    return [Info(found, id="shop.I001")] if found else []
