"""Bodies about users."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User, validate_username
from accounts.serializers.fields import (
    USERNAME_LENGTH,
    EmailField,
    LanguageField,
    NameField,
    NewPasswordField,
    PasswordField,
    PhoneField,
    UsernameField,
)
from shop.core.fields import MetadataField, StrictBool
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer


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
    language = LanguageField(
        required=False,
        help_text="The language of e-mails. The default is the one that Accept-Language prefers.",
    )
    login = StrictBool(
        required=False, help_text="Log in too: the response then contains the tokens of a login."
    )


@extend_schema_serializer(
    examples=[example({"first_name": "Ada", "phone": "+44 1632 960961", "language": "de"})]
)
class ProfileSerializer(RequestSerializer):
    """Changes of the caller's own account. What is absent stays, what is null is emptied."""

    elsewhere: ClassVar[Mapping[str, Any]] = {
        "password": _("Send a new password to /api/users/me/password/."),
        "username": _("The username cannot be changed."),
        "email": _("Send a new e-mail address to /api/users/me/email/."),
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
    examples=[example({"current": "correct horse battery", "new": "staple battery horse"})]
)
class NewPasswordSerializer(RequestSerializer):
    """The password of the caller, and a new one."""

    current = PasswordField()
    new = NewPasswordField(min_length=8)


@extend_schema_serializer(
    examples=[example({"email": "ada@example.org", "password": "correct horse battery"})]
)
class NewEmailSerializer(RequestSerializer):
    """Another e-mail address, and the password of the caller."""

    email = EmailField()
    password = PasswordField()


@extend_schema_serializer(examples=[example({"password": "correct horse battery"})])
class DeletionSerializer(RequestSerializer):
    """The password of the caller."""

    password = PasswordField()


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
