"""Shipping methods for tests and the demo shop."""

from decimal import Decimal
from typing import Any

from cart.shipping.models import ShippingMethod, ShippingRate


def create_method(code: str = "standard", *, prices: dict[str, str], **fields: Any) -> Any:
    """Create a method with a rate for each price, by the codes of its countries: ``"DE AT"``."""
    method = ShippingMethod.objects.create(code=code, name=code.capitalize(), **fields)
    for countries, price in prices.items():
        ShippingRate.objects.create(
            method=method, countries=countries.split(), price=Decimal(price)
        )
    return method
