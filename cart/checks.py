"""System checks of the configuration that staff edit: what is wrong in a shop that sells.

Only ``manage.py check`` runs them. An error of the data must not stop ``migrate``, ``serve``, or
the command that corrects it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Warning,  # noqa: A004 - Django's name
    register,
)
from django.db import DatabaseError
from django.utils import timezone

from cart.models import ShippingRate, TaxRate

DEMO_SOURCE = "Demo data"
"""How the source of the demo rates begins."""

_is_asked: ContextVar[bool] = ContextVar("is_asked", default=False)


@contextmanager
def with_configuration() -> Iterator[None]:
    """Let the checks of the block read the configuration."""
    token = _is_asked.set(True)
    try:
        yield
    finally:
        _is_asked.reset(token)


@register("configuration")
def check_configuration(**_: Any) -> list[CheckMessage]:
    """Report what would surprise buyers. Nothing without ``with_configuration`` or a database."""
    if not _is_asked.get():
        return []
    try:
        return list(_problems())
    except DatabaseError:
        return []  # an outage, or a database that is not migrated


def _problems() -> Iterator[CheckMessage]:
    delivered = _delivered_countries()
    rates = TaxRate.objects.filter(valid_from__lte=timezone.localdate())
    taxed = set(rates.values_list("country", flat=True))
    if missing := sorted(delivered - taxed):
        yield Error(
            f"Orders are shipped to countries without a tax rate: {', '.join(missing)}.",
            hint="Add a rate for each in the admin or with manage.py load_tax_rates, also where it "
            "is 0, or remove the country from the rates of the shipping methods.",
            id="cart.E001",
        )
    if taxed and settings.HOME_COUNTRY not in taxed:
        yield _home_country()
    if settings.REQUIRE_SHIPPING and not delivered:
        yield Error(
            "REQUIRE_SHIPPING is on, but no active shipping method has a rate: nothing that is "
            "shipped can be ordered.",
            hint="Add a shipping method with a rate in the admin, or unset REQUIRE_SHIPPING.",
            id="cart.E003",
        )


def _home_country() -> CheckMessage:
    """Return the message about a home country without a rate: an error if prices depend on it."""
    is_needed = settings.PRICES_INCLUDE_TAX and settings.PRICES_ABROAD == "restate"
    return (Error if is_needed else Warning)(
        f"HOME_COUNTRY is {settings.HOME_COUNTRY or 'not set'}, and has no tax rate.",
        hint="Set HOME_COUNTRY to the country whose tax your prices include, and add its rate.",
        id="cart.E002" if is_needed else "cart.W003",
    )


@register("configuration", deploy=True)
def check_configuration_of_a_real_shop(**_: Any) -> list[CheckMessage]:
    """Report what is fine for a demo, but not for a shop with customers."""
    if not _is_asked.get():
        return []
    try:
        return list(_warnings())
    except DatabaseError:
        return []


def _warnings() -> Iterator[CheckMessage]:
    if TaxRate.objects.filter(source__startswith=DEMO_SOURCE).exists():
        yield Warning(
            "There are tax rates of the demo shop.",
            hint="Delete them in the admin, and load rates with a source that can be verified.",
            id="cart.W001",
        )
    if _delivered_countries() and not settings.REQUIRE_SHIPPING:
        yield Warning(
            "The shop has shipping methods, but accepts orders without an address.",
            hint="Set REQUIRE_SHIPPING=true.",
            id="cart.W002",
        )


def _delivered_countries() -> set[str]:
    """Return the countries with a rate of an active method."""
    rates = ShippingRate.objects.filter(method__is_active=True)
    return {code for codes in rates.values_list("countries", flat=True) for code in codes}
