"""Bodies of the address book."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import Address
from shop.core.fields import StrictBool
from shop.core.openapi import example
from shop.core.postal_addresses import (
    EXAMPLE,
    MEMBERS,
    CompleteAddressSerializer,
    PostalAddress,
    PostalAddressSerializer,
)

_DEFAULTS = {"is_default_shipping": True, "is_default_billing": True}


@extend_schema_serializer(examples=[example({**EXAMPLE, **_DEFAULTS})])
class BookAddressSerializer(CompleteAddressSerializer):
    """An address for the address book: complete, by the rules of its country."""

    is_default_shipping = StrictBool(
        required=False, help_text="True takes it from the former default."
    )
    is_default_billing = StrictBool(
        required=False, help_text="True takes it from the former default."
    )


@extend_schema_serializer(
    examples=[example({"id": 1, **PostalAddress(**EXAMPLE).to_json(), **_DEFAULTS})]
)
class SavedAddressSerializer(PostalAddressSerializer):
    """An address of the address book."""

    id = serializers.IntegerField()
    is_default_shipping = serializers.BooleanField()
    is_default_billing = serializers.BooleanField()


def serialize_address(address: Address) -> dict[str, Any]:
    """Return the body of an address."""
    return {
        "id": address.pk,
        **{name: getattr(address, name) for name in MEMBERS},
        "is_default_shipping": address.is_default_shipping,
        "is_default_billing": address.is_default_billing,
    }
