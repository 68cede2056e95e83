"""Request bodies of carts."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.serializers.fields import EmailField, LanguageField
from cart.models import (
    MAX_CODES,
    MAX_CONSENTS,
    MAX_ITEMS,
    MAX_QUANTITY,
    METHOD_LENGTH,
    NOTE_LENGTH,
    VOUCHER_CODE_LENGTH,
)
from cart.serializers.examples import CHANGES
from shop.core.fields import (
    IdField,
    MetadataField,
    StrictInt,
    StrictList,
    StrictStr,
)
from shop.core.metadata import KEY_PATTERN
from shop.core.openapi import example
from shop.core.phones import PHONE_LENGTH
from shop.core.postal_addresses import AddressSerializer
from shop.core.serializers import RequestSerializer

_NAME = re.compile(KEY_PATTERN)
_CONSENT_LENGTH = 255


@extend_schema_serializer(examples=[example({"product_id": 7, "quantity": 2})])
class AddItemSerializer(RequestSerializer):
    """Units of a product to add."""

    product_id = IdField()
    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY)


@extend_schema_serializer(examples=[example({"quantity": 3})])
class QuantitySerializer(RequestSerializer):
    """The new quantity of a cart item."""

    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY)


@extend_schema_field(
    {
        "type": "object",
        "propertyNames": {"pattern": f"^{KEY_PATTERN}$"},
        "additionalProperties": {"type": ["boolean", "string"], "maxLength": _CONSENT_LENGTH},
        "maxProperties": MAX_CONSENTS,
        "examples": [{"terms": True, "newsletter": False, "terms_version": "2026-11"}],
    }
)
class ConsentsField(serializers.JSONField):
    """What the buyer agreed to: an object of true, false or short texts."""

    default_error_messages = {
        "object": _("Expected an object with members, such as “terms”: true."),
        "too_many": _("At most {limit} consents are allowed."),
        "name": _("A key must be 1 to 64 letters, digits, hyphens, dots and underscores."),
        "value": _("“{name}” must be true, false or a text of at most {limit} characters."),
    }

    def to_internal_value(self, data: Any) -> dict[str, bool | str]:
        """Raise ValidationError for other names and values."""
        if not isinstance(data, dict):
            self.fail("object")
        if len(data) > MAX_CONSENTS:
            self.fail("too_many", limit=MAX_CONSENTS)
        for name, value in data.items():
            if not _NAME.fullmatch(name):
                self.fail("name")
            if not isinstance(value, bool) and not _is_short_text(value):
                self.fail("value", name=name, limit=_CONSENT_LENGTH)
        return data


def _is_short_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _CONSENT_LENGTH and "\0" not in value


@extend_schema_serializer(examples=[example(CHANGES)])
class CartChangesSerializer(RequestSerializer):
    """Members of a cart. What is absent does not change, and null clears a member.

    `items`, an address, `voucher_codes`, `consents` and `metadata` are replaced as a whole.
    """

    # The list may be null, its elements may not.
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=AddItemSerializer(), required=False, allow_null=True, max_length=MAX_ITEMS
    )
    email = EmailField(required=False, allow_null=True)
    phone = StrictStr(
        max_length=PHONE_LENGTH,
        required=False,
        allow_null=True,
        help_text="Stored in its international form. Without a country code, it is a number of "
        "the country of the shipping address.",
    )
    shipping_address = AddressSerializer(required=False, allow_null=True)
    billing_address = AddressSerializer(required=False, allow_null=True)
    shipping_method = StrictStr(
        max_length=METHOD_LENGTH,
        required=False,
        allow_null=True,
        help_text="The code of one of `shipping_methods`. Without it, the cheapest is selected.",
    )
    voucher_codes = StrictList(
        child=StrictStr(max_length=VOUCHER_CODE_LENGTH),
        max_length=MAX_CODES,
        required=False,
        allow_null=True,
    )
    note = StrictStr(max_length=NOTE_LENGTH, required=False, allow_null=True, allow_blank=True)
    language = LanguageField(
        required=False,
        allow_null=True,
        help_text="The language of the order and of its mails.",
    )
    consents = ConsentsField(required=False, allow_null=True)
    metadata = MetadataField(required=False, allow_null=True)

    def validate_items(self, items: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        """Raise ValidationError for a product that is named twice."""
        products = [item["product_id"] for item in items or ()]
        if len(set(products)) < len(products):
            raise serializers.ValidationError(_("Name each product only once."))
        return items
