"""What a storefront needs to know about the shop."""

from typing import Any

from django.conf import settings

from cart.configuration import pricing_settings
from cart.models import MAX_ITEMS, MAX_QUANTITY
from cart.payment_methods import PaymentMethod, payment_methods
from cart.storefront.countries import delivered_countries
from shop.core.language_codes import languages_of_buyers, shop_languages
from shop.core.money import show


def serialize_shop(language: str) -> dict[str, Any]:
    """Return the response body about the shop, with names in a language of it. One statement."""
    pricing = pricing_settings()
    return {
        "name": settings.SHOP_NAME,
        "currency": pricing.currency,
        "currency_exponent": pricing.exponent,
        "prices_include_tax": pricing.prices_include_tax,
        "home_country": pricing.home_country or None,
        "require_shipping": pricing.require_shipping,
        "languages": _languages(),
        "countries": list(delivered_countries()),
        "limits": _limits(),
        "payment_methods": [_method(method, language) for method in payment_methods()],
        "payment_window": settings.ORDER_PAYMENT_WINDOW,
        "links": settings.SHOP_LINKS,
    }


def _languages() -> list[dict[str, str]]:
    """Return the languages of the shop's texts, or of its messages if the texts have only one."""
    texts = shop_languages()
    languages = texts if len(texts) > 1 else languages_of_buyers()
    return [{"code": code, "name": name} for code, name in languages.items()]


def _limits() -> dict[str, int]:
    return {
        "max_quantity": MAX_QUANTITY,
        "max_items": MAX_ITEMS,
        "max_vouchers": settings.VOUCHERS_AT_ONCE,
        "max_open_orders": settings.MAX_OPEN_ORDERS,
        "max_units_held": settings.MAX_UNITS_HELD,
        "guest_cart_days": settings.GUEST_CART_DAYS,
        "user_cart_days": settings.USER_CART_DAYS,
    }


def _method(method: PaymentMethod, language: str) -> dict[str, Any]:
    maximum = method.maximum_total
    return {
        "code": method.code,
        "name": method.name_in(language),
        "fee": show(method.fee),
        "maximum_total": None if maximum is None else show(maximum),
        "client": dict(method.client),
    }
