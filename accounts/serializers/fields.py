"""Fields of request bodies."""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from accounts.models import validate_foldable
from accounts.passwords import LONGEST_INPUT, MAX_LENGTH, normalize_password, spellings
from shop.core.fields import LineField, StrictChoice, StrictStr
from shop.core.language_codes import languages_of_buyers
from shop.core.phones import PHONE_LENGTH, normalize_phone

USERNAME_LENGTH = 150
EMAIL_LENGTH = 254
NAME_LENGTH = 150
_LOCAL_PART = 64


class PasswordField(StrictStr):
    """A password as it was typed, whose characters are counted in the form that is hashed."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the limit, and keep spaces at both ends."""
        super().__init__(max_length=MAX_LENGTH, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Refuse a long text before it is normalized."""
        password = super().to_internal_value(data)
        if len(password) > LONGEST_INPUT:
            self.fail("max_length", max_length=MAX_LENGTH)
        return password

    def run_validators(self, value: Any) -> None:
        """Count the characters of the shortest spelling."""
        super().run_validators(min(spellings(value), key=len))


class NewPasswordField(PasswordField):
    """A password in the form that is hashed."""

    def to_internal_value(self, data: Any) -> str:
        """Normalize before validation, so that the rules apply to what is hashed."""
        return normalize_password(super().to_internal_value(data))

    def run_validators(self, value: Any) -> None:
        """Count the characters of the normal form."""
        StrictStr.run_validators(self, value)


class UsernameField(StrictStr):
    """A username, converted to Unicode's NFKC."""

    def to_internal_value(self, data: Any) -> str:
        """Normalize before validation, so that the rules apply to the text that is stored."""
        text = super().to_internal_value(data)
        if len(text) > 4 * USERNAME_LENGTH:  # normalizing takes long for many accents
            self.fail("max_length", max_length=USERNAME_LENGTH)
        return unicodedata.normalize("NFKC", text).strip()


class EmailAddressValidator(EmailValidator):
    """Django's rule, without what RFC 5321 limits or mail servers refuse.

    Section 4.5.3.1.1 allows at most 64 octets, which are ASCII here, before the "@".
    """

    def __call__(self, value: str | None) -> None:
        """Raise ValidationError for anything else than an address."""
        super().__call__(value)
        if len(str(value).rpartition("@")[0]) > _LOCAL_PART:
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def validate_domain_part(self, domain_part: str) -> bool:
        """Return whether the domain is a name, not ``[127.0.0.1]``."""
        return bool(self.domain_regex.match(domain_part))


class EmailField(StrictStr):
    """An e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the rules."""
        rules: list[Any] = [EmailAddressValidator(), validate_foldable]
        super().__init__(max_length=EMAIL_LENGTH, validators=rules, **kwargs)


class NameField(LineField):
    """A first or last name."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the limit of the column."""
        super().__init__(max_length=NAME_LENGTH, **kwargs)


class PhoneField(StrictStr):
    """A phone number with its country code, which is stored as E.164 writes it."""

    def __init__(self, **kwargs: Any) -> None:
        """Limit the length of what is typed."""
        super().__init__(max_length=PHONE_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Raise ValidationError for what cannot be a number."""
        text = super().to_internal_value(data)
        return normalize_phone(text) if text else ""


class LanguageField(StrictChoice):
    """The code of one of the shop's languages."""

    def __init__(self, **kwargs: Any) -> None:
        """Offer the languages of the shop, as the settings are now."""
        super().__init__(choices=list(languages_of_buyers().items()), **kwargs)
