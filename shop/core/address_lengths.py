"""The lengths of postal addresses, for models that are loaded before the REST framework."""

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
