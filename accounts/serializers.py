"""Request and response bodies of accounts."""

import unicodedata
from typing import Any

from django.core.validators import validate_email
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User, validate_foldable, validate_username
from accounts.passwords import LONGEST_INPUT, MAX_LENGTH, normalize_password, spellings
from shop.core.fields import StrictBool, StrictStr
from shop.core.openapi import example
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
    email = StrictStr(max_length=EMAIL_LENGTH, validators=[validate_email, validate_foldable])
    password = NewPasswordField(min_length=8)
    first_name = StrictStr(max_length=NAME_LENGTH, required=False, allow_blank=True)
    last_name = StrictStr(max_length=NAME_LENGTH, required=False, allow_blank=True)
    login = StrictBool(
        required=False, help_text="Log in too: the response then contains the tokens of a login."
    )


_USER = {
    "id": 1,
    "username": "ada",
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Lovelace",
}


@extend_schema_serializer(examples=[example(_USER)])
class UserSerializer(serializers.ModelSerializer[User]):
    """A user, as the user and staff see it."""

    class Meta:
        model = User
        fields = ("id", "username", "email", "first_name", "last_name")
        read_only_fields = fields


@extend_schema_serializer(examples=[example(_USER)])
class RegisteredSerializer(UserSerializer):
    """A new user. The tokens are present if the request asked to log in."""

    token = serializers.CharField(required=False, help_text="As in the response to a login.")
    refresh = serializers.CharField(required=False)
    expires_in = serializers.IntegerField(required=False)

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "token", "refresh", "expires_in")  # type: ignore[assignment]
        read_only_fields = UserSerializer.Meta.fields
