"""Request and response bodies of accounts."""

import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.links import TOKEN_LENGTH as LINK_TOKEN_LENGTH
from accounts.models import User, validate_foldable, validate_username
from accounts.passwords import LONGEST_INPUT, MAX_LENGTH, normalize_password, spellings
from shop.core.fields import MetadataField, StrictBool, StrictChoice, StrictStr
from shop.core.openapi import example
from shop.core.phones import PHONE_LENGTH, normalize_phone
from shop.core.serializers import RequestSerializer

USERNAME_LENGTH = 150
EMAIL_LENGTH = 254
NAME_LENGTH = 150
TOKEN_LENGTH = 2000


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


@extend_schema_serializer(
    examples=[example({"username": "ada", "password": "correct horse battery"})]
)
class CredentialsSerializer(RequestSerializer):
    """A username or an e-mail address, and the password."""

    username = StrictStr(max_length=EMAIL_LENGTH)
    password = PasswordField()


@extend_schema_serializer(examples=[example({"refresh": "eyJhbGciOi…"})])
class RefreshSerializer(RequestSerializer):
    """A refresh token to exchange for new tokens."""

    refresh = StrictStr(max_length=TOKEN_LENGTH)


@extend_schema_serializer(
    examples=[example({"token": "eyJhbGciOi…", "refresh": "eyJhbGciOi…", "expires_in": 86400})]
)
class TokenPairSerializer(serializers.Serializer[Any]):
    """An access token and a refresh token."""

    token = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`.")
    refresh = serializers.CharField(
        help_text="Valid once, at POST /api/token/refresh/. Replace a stored one by this."
    )
    expires_in = serializers.IntegerField(help_text="Lifetime of `token` in seconds.")


@extend_schema_serializer(examples=[example({"message": "You are logged out."})])
class MessageSerializer(serializers.Serializer[Any]):
    """A confirmation for people."""

    message = serializers.CharField()


class UsernameField(StrictStr):
    """A username, converted to Unicode's NFKC."""

    def to_internal_value(self, data: Any) -> str:
        """Normalize before validation, so that the rules apply to the text that is stored."""
        text = super().to_internal_value(data)
        if len(text) > 4 * USERNAME_LENGTH:  # normalizing takes long for many accents
            self.fail("max_length", max_length=USERNAME_LENGTH)
        return unicodedata.normalize("NFKC", text).strip()


class EmailField(StrictStr):
    """An e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the rules."""
        rules: list[Any] = [validate_email, validate_foldable]
        super().__init__(max_length=EMAIL_LENGTH, validators=rules, **kwargs)


class NameField(StrictStr):
    """A first or last name."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the limit of the column."""
        super().__init__(max_length=NAME_LENGTH, **kwargs)


@extend_schema_serializer(
    examples=[
        example(
            {"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}
        )
    ]
)
class RegistrationSerializer(RequestSerializer):
    """A new customer. Whether username and address are free is decided when the user is saved."""

    username = UsernameField(
        max_length=USERNAME_LENGTH,
        validators=[validate_username],
        required=False,
        help_text="The default is made from the e-mail address.",
    )
    email = EmailField()
    password = NewPasswordField(min_length=8)
    first_name = NameField(required=False, allow_blank=True)
    last_name = NameField(required=False, allow_blank=True)
    login = StrictBool(
        required=False, help_text="Log in too: the response then contains the tokens of a login."
    )


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
        """Offer the languages of the shop."""
        super().__init__(choices=settings.LANGUAGES, **kwargs)


@extend_schema_serializer(
    examples=[example({"first_name": "Ada", "phone": "+44 1632 960961", "language": "de"})]
)
class ProfileSerializer(RequestSerializer):
    """Changes of the caller's own account. What is absent stays, what is null is emptied."""

    elsewhere: ClassVar[Mapping[str, Any]] = {
        "password": _("Send a new password to /api/users/me/password/."),
        "username": _("The username cannot be changed."),
        "email": _("The e-mail address cannot be changed here."),
    }

    first_name = NameField(required=False, allow_blank=True, allow_null=True)
    last_name = NameField(required=False, allow_blank=True, allow_null=True)
    phone = PhoneField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="With its country code. Stored in international form, such as +441632960961.",
    )
    language = LanguageField(
        required=False,
        allow_null=True,
        help_text="The language of e-mails, and of errors if a request has no Accept-Language.",
    )
    metadata = MetadataField(required=False, allow_null=True, help_text="Replaces all metadata.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return empty values for null."""
        empty: dict[str, Any] = {"metadata": {}}
        return {
            name: empty.get(name, "") if value is None else value for name, value in attrs.items()
        }


@extend_schema_serializer(
    examples=[
        example(
            {"current_password": "correct horse battery", "new_password": "staple battery horse"}
        )
    ]
)
class NewPasswordSerializer(RequestSerializer):
    """The password of the caller, and a new one."""

    current_password = PasswordField()
    new_password = NewPasswordField(min_length=8)


@extend_schema_serializer(examples=[example({"email": "ada@example.com"})])
class AddressOfAccountSerializer(RequestSerializer):
    """The e-mail address of an account."""

    email = EmailField()


@extend_schema_serializer(
    examples=[example({"token": "WzEsIjJk…", "new_password": "staple battery horse"})]
)
class PasswordResetSerializer(RequestSerializer):
    """The token of a link, and a new password."""

    token = StrictStr(max_length=LINK_TOKEN_LENGTH, help_text="From the link in the mail.")
    new_password = NewPasswordField(min_length=8)


@extend_schema_serializer(examples=[example({"token": "WzEsIjJk…"})])
class LinkTokenSerializer(RequestSerializer):
    """The token of a link."""

    token = StrictStr(max_length=LINK_TOKEN_LENGTH, help_text="From the link in the mail.")


_USER = {
    "id": 1,
    "username": "ada",
    "email": "ada@example.com",
    "email_verified": True,
    "first_name": "Ada",
    "last_name": "Lovelace",
    "phone": "+441632960961",
    "language": "de",
    "metadata": {},
}


@extend_schema_serializer(examples=[example(_USER)])
class UserSerializer(serializers.ModelSerializer[User]):
    """A user, as the user and staff see it."""

    email_verified = serializers.SerializerMethodField(
        help_text="Whether a link that was sent to the address was used."
    )
    language = serializers.SerializerMethodField(help_text="A code such as `de`, or null.")
    metadata = MetadataField(help_text="Public data of integrations.")

    class Meta:
        model = User
        fields = (
            *("id", "username", "email", "email_verified", "first_name", "last_name"),
            *("phone", "language", "metadata"),
        )
        read_only_fields = fields

    def get_email_verified(self, user: User) -> bool:
        """Return whether the address is verified."""
        return user.email_verified_at is not None

    def get_language(self, user: User) -> str | None:
        """Return the language that the user chose."""
        return user.language or None


@extend_schema_serializer(examples=[example(_USER)])
class RegisteredSerializer(UserSerializer):
    """A new user. The tokens are present if the request asked to log in."""

    token = serializers.CharField(required=False, help_text="As in the response to a login.")
    refresh = serializers.CharField(required=False)
    expires_in = serializers.IntegerField(required=False)

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "token", "refresh", "expires_in")  # type: ignore[assignment]
        read_only_fields = UserSerializer.Meta.fields
