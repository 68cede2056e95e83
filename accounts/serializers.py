"""Request and response bodies of accounts."""

import unicodedata
from typing import Any

from django.core.validators import validate_email
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User, validate_foldable, validate_username
from shop.core.fields import StrictStr
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

USERNAME_LENGTH = 150
EMAIL_LENGTH = 254
PASSWORD_LENGTH = 128
TOKEN_LENGTH = 2000


@extend_schema_serializer(
    examples=[example({"username": "ada", "password": "correct horse battery"})]
)
class CredentialsSerializer(RequestSerializer):
    """A username or an e-mail address, and the password."""

    username = StrictStr(max_length=EMAIL_LENGTH)
    password = StrictStr(max_length=PASSWORD_LENGTH, trim_whitespace=False)


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
        return unicodedata.normalize("NFKC", super().to_internal_value(data)).strip()


@extend_schema_serializer(
    examples=[
        example(
            {"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}
        )
    ]
)
class RegistrationSerializer(RequestSerializer):
    """A new customer. Whether username and address are free is decided when the user is saved."""

    username = UsernameField(max_length=USERNAME_LENGTH, validators=[validate_username])
    email = StrictStr(max_length=EMAIL_LENGTH, validators=[validate_email, validate_foldable])
    password = StrictStr(min_length=8, max_length=PASSWORD_LENGTH, trim_whitespace=False)


@extend_schema_serializer(
    examples=[example({"id": 1, "username": "ada", "email": "ada@example.com"})]
)
class UserSerializer(serializers.ModelSerializer[User]):
    """A user, as the user and staff see it."""

    class Meta:
        model = User
        fields = ("id", "username", "email")
        read_only_fields = fields
