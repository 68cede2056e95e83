"""The columns of postal addresses, for models that are loaded before the REST framework."""

from django.db import models

from shop.core.phones import PHONE_LENGTH
from shop.core.vat_numbers import VAT_NUMBER_LENGTH

LENGTHS = {
    "name": 200,
    "company": 200,
    "line1": 255,
    "line2": 255,
    "postal_code": 20,
    "city": 120,
    "region": 120,
    "country": 2,
    "phone": PHONE_LENGTH,
    "vat_number": VAT_NUMBER_LENGTH,
}
"""The characters of each member, for columns too."""


def address_column(member: str, *, help_text: str = "") -> "models.CharField[str, str]":
    """Return the column for a member of an address, which may be empty."""
    return models.CharField(max_length=LENGTHS[member], blank=True, default="", help_text=help_text)
