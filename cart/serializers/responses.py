"""Response bodies of carts.

The serializers only describe them. Functions build them, because that is faster than DRF.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cart.serializers.examples import CART, OPENED
from catalog.images.serializers import ImageSerializer
from shop.core.fields import AmountField, MetadataField
from shop.core.openapi import example
from shop.core.postal_addresses import PostalAddressSerializer


@extend_schema_serializer(examples=[example({"message": "Added to your cart.", "cart_id": 5})])
class AddedSerializer(serializers.Serializer[Any]):
    """Confirms that units were added."""

    message = serializers.CharField()
    cart_id = serializers.IntegerField(
        help_text="To order this cart, send it to POST /api/orders/."
    )
    cart_token = serializers.CharField(
        required=False,
        help_text="The token of a new cart of a guest, for the header X-Cart-Token. Keep it: it is "
        "shown only once.",
    )


class RateField(serializers.CharField):
    """A percentage, such as "19" or "5.5"."""


_MISSING_QUANTITY = "`not_for_these_items`: how many eligible units are missing."


def _applied_instead() -> serializers.ListField:
    """Return the member ``with``."""
    return serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="`not_combinable`: the codes, or names of promotions, that apply instead.",
    )


class CartProblemSerializer(serializers.Serializer[Any]):
    """Something that the buyer should know or must change. Each code has facts of its own."""

    code = serializers.CharField()
    blocking = serializers.BooleanField(help_text="Whether the order would be refused.")
    field = serializers.CharField(help_text="The member of the cart that it is about.")
    detail = serializers.CharField(help_text="A sentence for the buyer.")
    product_id = serializers.IntegerField(required=False)
    product_ids = serializers.ListField(child=serializers.IntegerField(), required=False)
    name = serializers.CharField(required=False)
    names = serializers.ListField(child=serializers.CharField(), required=False)
    available = serializers.IntegerField(required=False, help_text="Units in stock.")
    old = AmountField(required=False)
    new = AmountField(required=False)
    voucher_code = serializers.CharField(required=False)
    reason = serializers.CharField(
        required=False, help_text="Why a voucher does not apply, such as `expired`."
    )
    missing = serializers.JSONField(
        required=False,
        help_text="`minimum_total`: the missing amount. `address_incomplete`: names of members.",
    )
    missing_quantity = serializers.IntegerField(required=False, help_text=_MISSING_QUANTITY)
    shipping_method = serializers.CharField(required=False, allow_null=True)
    limit = serializers.IntegerField(required=False, help_text="Items that a cart can hold.")

    def get_fields(self) -> Any:
        """Add a member whose name is a keyword."""
        return {**super().get_fields(), "with": _applied_instead()}


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class OptionValuesField(serializers.DictField):
    """A value for each option, by the option's name."""


class CartItemSerializer(serializers.Serializer[Any]):
    """A product in the cart, at its current price."""

    product_id = serializers.IntegerField()
    quantity = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField(help_text="The product's name in URLs, also for a variant.")
    sku = serializers.CharField()
    options = OptionValuesField(help_text="The option values of a variant.")
    image = ImageSerializer(allow_null=True, help_text="The variant's, else its product's.")
    unit_price = AmountField()
    regular_unit_price = AmountField(help_text="Without a reduction.")
    price_override = AmountField(
        required=False, help_text="In drafts: the price that staff set instead of the product's."
    )
    available = serializers.IntegerField(
        required=False, help_text="Units in stock, if there are less than 10 or than `quantity`."
    )
    line_subtotal = serializers.CharField(help_text="`unit_price` times `quantity`.")
    discount = AmountField(help_text="The item's share of all discounts.")
    line_total = serializers.CharField(
        help_text="`unit_price` times `quantity`. It can have more digits than other amounts."
    )
    tax_rate = RateField(help_text="A percentage.")
    tax = AmountField(help_text="Within the price if `prices_include_tax`, else beside it.")
    problems = CartProblemSerializer(many=True)


class CartShippingMethodSerializer(serializers.Serializer[Any]):
    """A shipping method that is available for the address."""

    code = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    price = AmountField()
    earliest = serializers.DateField()
    latest = serializers.DateField()
    missing_for_free = AmountField(
        allow_null=True, help_text="What is missing for free shipping; null if it is never free."
    )
    preselected = serializers.BooleanField(
        help_text="Whether it was selected as the cheapest, because the buyer chose none."
    )


class EnteredVoucherSerializer(serializers.Serializer[Any]):
    """A voucher code that the buyer entered. Each reason has the facts of its problem."""

    code = serializers.CharField()
    name = serializers.CharField()
    is_applied = serializers.BooleanField()
    amount = AmountField()
    reason = serializers.CharField(
        allow_null=True, help_text="Why it does not apply, such as `minimum_total`."
    )
    missing = AmountField(
        required=False, help_text="`minimum_total`: what the eligible items must cost more."
    )
    missing_quantity = serializers.IntegerField(required=False, help_text=_MISSING_QUANTITY)

    def get_fields(self) -> Any:
        """Add a member whose name is a keyword."""
        return {**super().get_fields(), "with": _applied_instead()}


class CartAllocationSerializer(serializers.Serializer[Any]):
    """The part of a discount that an item has, or shipping (null)."""

    product_id = serializers.IntegerField(allow_null=True)
    amount = AmountField()


class CartDiscountSerializer(serializers.Serializer[Any]):
    """A discount. The sum of its allocations is its amount."""

    promotion_id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    code = serializers.CharField(allow_null=True, help_text="Of a voucher.")
    target = serializers.ChoiceField(["items", "shipping"])
    amount = AmountField()
    allocations = CartAllocationSerializer(many=True)


class CartTaxSerializer(serializers.Serializer[Any]):
    """The tax of one rate."""

    rate = RateField(help_text="A percentage.")
    country = serializers.CharField()
    region = serializers.CharField()
    name = serializers.CharField()
    base = AmountField()
    amount = AmountField()
    reason = serializers.CharField()


class CartEstimateSerializer(serializers.Serializer[Any]):
    """An amount that is not final yet."""

    member = serializers.CharField()
    reason = serializers.CharField()


class CartPaymentMethodSerializer(serializers.Serializer[Any]):
    """A payment method, with what the client needs to use it."""

    code = serializers.CharField()
    name = serializers.CharField()
    fee = AmountField()
    client = serializers.DictField(child=serializers.JSONField())


class CartStepSerializer(serializers.Serializer[Any]):
    """A step of the computation of the total."""

    step = serializers.CharField()
    name = serializers.CharField()
    amount = serializers.CharField()
    total = serializers.CharField(help_text="The total after this step.")
    facts = serializers.DictField(child=serializers.JSONField())


@extend_schema_serializer(many=False, examples=[example(CART)])
class CartSerializer(serializers.Serializer[Any]):
    """The open cart at current prices, with everything that a checkout shows."""

    cart_id = serializers.IntegerField(allow_null=True, help_text="Null until a product is added.")
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is deleted if nobody changes it."
    )
    updated_at = serializers.DateTimeField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    cart_items = CartItemSerializer(many=True)
    problems = CartProblemSerializer(many=True)
    shipping_address = PostalAddressSerializer(allow_null=True)
    billing_address = PostalAddressSerializer(allow_null=True)
    shipping_methods = CartShippingMethodSerializer(many=True)
    shipping_method = serializers.CharField(
        allow_null=True, help_text="The code of the chosen or preselected method."
    )
    vouchers = EnteredVoucherSerializer(many=True)
    discounts = CartDiscountSerializer(many=True)
    subtotal = serializers.CharField(help_text="The sum of the line totals.")
    discount_total = serializers.CharField(help_text="Discounts on items.")
    shipping_price = AmountField(help_text="Before a promotion makes it free.")
    shipping_total = AmountField()
    fee_total = AmountField()
    taxes = CartTaxSerializer(many=True)
    tax_total = serializers.CharField()
    total = serializers.CharField(help_text="It can have more digits than other amounts.")
    currency = serializers.CharField(help_text="ISO 4217.")
    prices_include_tax = serializers.BooleanField()
    requires_shipping = serializers.BooleanField()
    payment_required = serializers.BooleanField()
    payment_methods = CartPaymentMethodSerializer(many=True)
    can_order = serializers.BooleanField(help_text="Whether no problem is blocking.")
    estimated = CartEstimateSerializer(many=True)
    note = serializers.CharField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    consents = serializers.DictField(child=serializers.JSONField())
    metadata = MetadataField()
    explanation = CartStepSerializer(many=True, required=False, help_text="With `explain=1`.")


@extend_schema_serializer(many=False, examples=[example(OPENED)])
class OpenedCartSerializer(CartSerializer):
    """A new cart. That of a guest has a token."""

    cart_token = serializers.CharField(
        required=False,
        help_text="The token of a guest, for the header X-Cart-Token. It is shown only once.",
    )
