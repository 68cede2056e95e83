"""The response bodies about the shop and its countries."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from shop.core.fields import AmountField
from shop.core.openapi import example

_FIELD = {
    "name": "postal_code",
    "label": "Postal code",
    "required": True,
    "max_length": 20,
    "example": "26133",
    "choices": [],
}


class RegionSerializer(serializers.Serializer[Any]):
    """A region that can be chosen."""

    code = serializers.CharField(help_text="The value to send.")
    name = serializers.CharField()


class AddressFieldSerializer(serializers.Serializer[Any]):
    """A field of the form for an address."""

    name = serializers.CharField(help_text="The member of an address.")
    label = serializers.CharField(  # type: ignore[assignment] # its name in the API
        help_text="The country's word for it."
    )
    required = serializers.BooleanField(  # type: ignore[assignment]
        help_text="Whether an order needs it. A company may take the place of a name."
    )
    max_length = serializers.IntegerField()
    example = serializers.CharField(help_text="A postal code; empty for other fields.")
    choices = RegionSerializer(many=True, help_text="Regions; without them, the field is a text.")


class CountrySerializer(serializers.Serializer[Any]):
    """A country, and the fields of an address in their order."""

    code = serializers.CharField(help_text="ISO 3166-1.")
    name = serializers.CharField()
    fields = AddressFieldSerializer(many=True)  # type: ignore[assignment] # its name in the API


@extend_schema_serializer(
    many=False,
    examples=[example({"countries": [{"code": "DE", "name": "Germany", "fields": [_FIELD]}]})],
)
class CountriesSerializer(serializers.Serializer[Any]):
    """The countries to which the shop delivers, by name."""

    countries = CountrySerializer(many=True)


class LanguageSerializer(serializers.Serializer[Any]):
    """A language of the shop's messages."""

    code = serializers.CharField(help_text="For `Accept-Language`.")
    name = serializers.CharField()


class LimitsSerializer(serializers.Serializer[Any]):
    """What one buyer may have."""

    max_quantity = serializers.IntegerField(help_text="Units of one cart item.")
    max_items = serializers.IntegerField(help_text="Items of a cart.")
    max_vouchers = serializers.IntegerField(help_text="Voucher codes of a cart.")
    max_open_orders = serializers.IntegerField(help_text="Unpaid orders of a user.")
    max_units_held = serializers.IntegerField(help_text="Units in the unpaid orders of a user.")
    guest_cart_days = serializers.IntegerField(help_text="Days without a change.")
    user_cart_days = serializers.IntegerField(help_text="Days without a change.")


class OfferedMethodSerializer(serializers.Serializer[Any]):
    """A payment method that buyers can choose."""

    code = serializers.CharField(help_text="The value of payment_method in requests.")
    name = serializers.CharField()
    fee = AmountField(help_text="What an order costs more with it.")
    maximum_total = AmountField(allow_null=True, help_text="The largest order; null: any.")
    client = serializers.DictField(
        child=serializers.CharField(), help_text="What the provider's form needs. It is public."
    )


@extend_schema_serializer(
    many=False,
    examples=[
        example(
            {
                "name": "Hearth & Co",
                "currency": "EUR",
                "currency_exponent": 2,
                "prices_include_tax": True,
                "home_country": "DE",
                "require_shipping": True,
                "languages": [{"code": "en", "name": "English"}],
                "countries": ["AT", "DE"],
                "limits": {
                    "max_quantity": 999,
                    "max_items": 100,
                    "max_vouchers": 1,
                    "max_open_orders": 5,
                    "max_units_held": 500,
                    "guest_cart_days": 30,
                    "user_cart_days": 180,
                },
                "payment_methods": [
                    {
                        "code": "stripe",
                        "name": "Card or wallet",
                        "fee": "0.00",
                        "maximum_total": None,
                        "client": {"publishable_key": "pk_live_1"},
                    }
                ],
                "payment_window": 30,
                "links": {"terms": "https://www.example.com/terms"},
            }
        )
    ],
)
class ShopSerializer(serializers.Serializer[Any]):
    """What a storefront needs to know about the shop."""

    name = serializers.CharField()
    currency = serializers.CharField(help_text="ISO 4217.")
    currency_exponent = serializers.IntegerField(help_text="The decimals of amounts.")
    prices_include_tax = serializers.BooleanField()
    home_country = serializers.CharField(
        allow_null=True, help_text="The country whose tax is shown before there is an address."
    )
    require_shipping = serializers.BooleanField(
        help_text="Whether an order of goods needs an address and a shipping method."
    )
    languages = LanguageSerializer(many=True)
    countries = serializers.ListField(
        child=serializers.CharField(), help_text="Where the shop delivers: ISO 3166-1."
    )
    limits = LimitsSerializer()
    payment_methods = OfferedMethodSerializer(many=True)
    payment_window = serializers.IntegerField(
        help_text="Minutes in which an order must be paid. Some payment methods have more."
    )
    links = serializers.DictField(
        child=serializers.CharField(), help_text="Pages of the shop by name, such as terms."
    )
