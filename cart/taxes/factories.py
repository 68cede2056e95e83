"""Tax rates for tests."""

from datetime import date
from decimal import Decimal
from typing import Any

from cart.taxes.models import TaxRate
from catalog.models import TaxClass


def create_tax_rate(country: str, rate: str, *, tax_class: str = "", **fields: Any) -> TaxRate:
    """Create a rate that has been valid for years."""
    row = None
    if tax_class:
        row, _ = TaxClass.objects.get_or_create(code=tax_class, defaults={"name": tax_class})
    values = {"name": "VAT", "source": "Tests", "valid_from": date(2020, 1, 1)} | fields
    return TaxRate.objects.create(country=country, rate=Decimal(rate), tax_class=row, **values)
