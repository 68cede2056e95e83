"""Bodies about links in mails."""

from drf_spectacular.utils import extend_schema_serializer

from accounts.links import TOKEN_LENGTH
from accounts.serializers.fields import EmailField, NewPasswordField
from shop.core.fields import StrictStr
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer


@extend_schema_serializer(examples=[example({"email": "ada@example.com"})])
class AddressOfAccountSerializer(RequestSerializer):
    """The e-mail address of an account."""

    email = EmailField()


@extend_schema_serializer(
    examples=[example({"token": "WzEsIjJk…", "new_password": "staple battery horse"})]
)
class PasswordResetSerializer(RequestSerializer):
    """The token of a link, and a new password."""

    token = StrictStr(max_length=TOKEN_LENGTH, help_text="From the link in the mail.")
    new_password = NewPasswordField(min_length=8)


@extend_schema_serializer(examples=[example({"token": "WzEsIjJk…"})])
class LinkTokenSerializer(RequestSerializer):
    """The token of a link."""

    token = StrictStr(max_length=TOKEN_LENGTH, help_text="From the link in the mail.")
