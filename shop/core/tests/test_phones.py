"""Phone numbers as people type them, and as they are stored."""

import pytest
from django.core.exceptions import ValidationError

from shop.core.phones import normalize_phone


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("0170 1234567", "DE", "+491701234567"),
        ("+49 (0)170 1234567", "", "+491701234567"),
        ("0049 170 1234567", "DE", "+491701234567"),
        ("079 123 45 67", "CH", "+41791234567"),
        ("06 12345678", "IT", "+390612345678"),  # Italy dials the zero from abroad too
        ("+43 660 1234567", "DE", "+436601234567"),
    ],
)
def test_the_prefix_of_national_calls_is_dropped(typed, country, stored):
    assert normalize_phone(typed, country) == stored


def test_a_number_needs_a_country():
    with pytest.raises(ValidationError):
        normalize_phone("0170 1234567")
