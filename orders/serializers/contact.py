"""The body of a change of an order."""

from drf_spectacular.utils import extend_schema_serializer

from accounts.serializers import EmailField
from shop.core.fields import StrictStr
from shop.core.openapi import example
from shop.core.phones import PHONE_LENGTH
from shop.core.postal_addresses import EXAMPLE, CompleteAddressSerializer
from shop.core.serializers import RequestSerializer


@extend_schema_serializer(examples=[example({"shipping_address": EXAMPLE})])
class ChangeOrderSerializer(RequestSerializer):
    """Members of an order that can change. What is absent does not change.

    An address is replaced as a whole.
    """

    shipping_address = CompleteAddressSerializer(required=False)
    billing_address = CompleteAddressSerializer(
        required=False, allow_null=True, help_text="Null: the same as the shipping address."
    )
    phone = StrictStr(max_length=PHONE_LENGTH, required=False, allow_null=True, allow_blank=True)
    email = EmailField(
        required=False,
        help_text="Only staff change it. Links that were sent before become invalid.",
    )
