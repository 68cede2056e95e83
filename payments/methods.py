"""The payment methods as carts list them, and what they cost."""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils import translation

from cart.payment_methods import PaymentMethod
from payments.gateways.base import HasClientData
from payments.gateways.registry import enabled, registered
from shop.core.language_codes import further_languages, own_language
from shop.core.money import ZERO


def offered_methods() -> tuple[PaymentMethod, ...]:
    """Return the methods that buyers can choose. They are made once for each set of gateways."""
    return _methods(tuple(map(id, enabled().values())))


@lru_cache(maxsize=8)
def _methods(_gateways: tuple[int, ...]) -> tuple[PaymentMethod, ...]:
    """Make the methods. It takes longer than reading a cart, since it asks for protocols."""
    return tuple(_make_methods())


@receiver(setting_changed)
def _forget(**_: object) -> None:
    """Read fees and limits again in tests that change a setting."""
    _methods.cache_clear()


def _make_methods() -> Iterator[PaymentMethod]:
    for code, gateway in enabled().items():
        client = gateway.client_data if isinstance(gateway, HasClientData) else {}
        yield PaymentMethod(
            code,
            name_of(code),
            fee_of(code),
            limit_of(code),
            client,
            names={language: name_of(code, language) for language in further_languages()},
        )


def name_of(method: str, language: str = "") -> str:
    """Return the name of a method in a language of the shop, by default its own.

    PAYMENT_METHOD_NAMES has it, or else the messages of the app that the gateway belongs to.
    """
    language = language or own_language()
    if chosen := settings.PAYMENT_METHOD_NAMES.get(method, {}).get(language):
        return str(chosen)
    with translation.override(language):
        return translation.gettext(registered()[method].name)


def method_name(method: str) -> str:
    """Return the name of a method in the active language; the code of one that is unknown."""
    known = method in registered()
    return name_of(method, translation.get_language() or "") if known else method


def fee_of(method: str) -> Decimal:
    """Return what paying by a method costs the buyer, in the shop's currency."""
    # As HasFee says. isinstance asks for the members of a protocol again each time.
    fee: Decimal = getattr(registered()[method], "fee", ZERO)
    return fee


def limit_of(method: str) -> Decimal | None:
    """Return the largest amount that a method accepts, in the shop's currency, or None."""
    limit: Decimal | None = getattr(registered()[method], "maximum_amount", None)
    return limit
