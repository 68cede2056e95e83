"""Shapes of accounts: what comes in, what goes out."""

import unicodedata
from typing import Any

from django.core.validators import validate_email
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User, validate_foldable, validate_username
from shop.core.fields import StrictStr
from shop.core.openapi import example

USERNAME_LENGTH = 150
EMAIL_LENGTH = 254
PASSWORD_LENGTH = 128
TOKEN_LENGTH = 2000


@extend_schema_serializer(
    examples=[example({"username": "ada", "password": "correct horse battery"})]
)
class CredentialsSerializer(serializers.Serializer[Any]):
    """A login: an e-mail address serves as username too."""

    username = StrictStr(max_length=EMAIL_LENGTH)
    password = StrictStr(max_length=PASSWORD_LENGTH, trim_whitespace=False)


@extend_schema_serializer(examples=[example({"refresh": "eyJhbGciOi…"})])
class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token to spend."""

    refresh = StrictStr(max_length=TOKEN_LENGTH)


@extend_schema_serializer(
    examples=[example({"token": "eyJhbGciOi…", "refresh": "eyJhbGciOi…", "expires_in": 900})]
)
class TokenPairSerializer(serializers.Serializer[Any]):
    """The two tokens of a session."""

    token = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`.")
    refresh = serializers.CharField(help_text="Spend it once, at /api/token/refresh/.")
    expires_in = serializers.IntegerField(help_text="Life of `token`, in seconds.")


@extend_schema_serializer(examples=[example({"message": "You are logged out."})])
class MessageSerializer(serializers.Serializer[Any]):
    """A confirmation for people."""

    message = serializers.CharField()


class UsernameField(StrictStr):
    """A username in Unicode's NFKC, bounded as it will be stored."""

    def to_internal_value(self, data: Any) -> str:
        """Normalise, so that length and alphabet are judged on what is stored."""
        return unicodedata.normalize("NFKC", super().to_internal_value(data)).strip()


@extend_schema_serializer(
    examples=[
        example(
            {"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}
        )
    ]
)
class RegistrationSerializer(serializers.Serializer[Any]):
    """A new customer; whether the names are free is for the database to say."""

    username = UsernameField(max_length=USERNAME_LENGTH, validators=[validate_username])
    email = StrictStr(max_length=EMAIL_LENGTH, validators=[validate_email, validate_foldable])
    password = StrictStr(min_length=8, max_length=PASSWORD_LENGTH, trim_whitespace=False)


@extend_schema_serializer(
    examples=[example({"id": 1, "username": "ada", "email": "ada@example.com"})]
)
class UserSerializer(serializers.ModelSerializer[User]):
    """A user as they and staff see them."""

    class Meta:
        model = User
        fields = ("id", "username", "email")
        read_only_fields = fields
