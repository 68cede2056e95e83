"""Bodies of logins."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.serializers.fields import EMAIL_LENGTH, PasswordField
from shop.core.fields import StrictStr
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

TOKEN_LENGTH = 2000


@extend_schema_serializer(
    examples=[example({"username": "ada", "password": "correct horse battery"})]
)
class CredentialsSerializer(RequestSerializer):
    """A username or an e-mail address, and the password."""

    username = StrictStr(max_length=EMAIL_LENGTH, help_text="The username, or the e-mail address.")
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
