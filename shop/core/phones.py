"""Phone numbers, which are stored in the international form of E.164."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)

PHONE_LENGTH = 40
"""Characters of a phone number as it is typed. E.164 has 16 at most."""

_LOCAL_DIGITS = 7
"""Digits of a number without its area code. What is shorter, such as 112, reaches no buyer."""


def normalize_phone(text: str, country: str = "") -> str:
    """Return a phone number such as ``+4930123456``. An extension is left out.

    A number without its country code belongs to ``country``, a code of ISO 3166-1. Raises Django's
    ValidationError for a number that is too short or too long, and for one without any country.
    """
    try:
        number = parse(text, country or None)
    except NumberParseException:
        number = None
    if number is None or not _is_possible(number):
        raise ValidationError(
            _("Please enter a phone number with its country code, such as +49 30 123456."),
            code="invalid",
        )
    return format_number(number, PhoneNumberFormat.E164)


def _is_possible(number: PhoneNumber) -> bool:
    result = is_possible_number_with_reason(number)
    if result == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return len(str(number.national_number)) >= _LOCAL_DIGITS
    return result == ValidationResult.IS_POSSIBLE
