"""What staff send about products."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.attributes.serializers import AttributesField, DistinctField
from catalog.limits import (
    BRAND_LENGTH,
    DESCRIPTION_LENGTH,
    MAX_OPTIONS,
    MAX_POSITION,
    MAX_STOCK,
    MAX_TAGS,
    MAX_VARIANTS,
    OPTION_LENGTH,
    PRODUCT_NAME_LENGTH,
    SKU_LENGTH,
    TAG_LENGTH,
)
from shop.core.fields import (
    AmountField,
    IdField,
    MetadataField,
    SlugField,
    StrictBool,
    StrictInt,
    StrictStr,
)
from shop.core.openapi import example


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": OPTION_LENGTH},
        "maxProperties": MAX_OPTIONS,
        "example": {"Size": "M"},
    }
)
class ChoiceField(serializers.DictField):
    """A value for each option, by the option's name."""

    default_error_messages = {"many": f"A product has at most {MAX_OPTIONS} options."}

    def __init__(self, **kwargs: Any) -> None:
        """Bound the values as options are."""
        super().__init__(child=StrictStr(max_length=OPTION_LENGTH), **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Refuse more than a product can have."""
        choice: dict[str, str] = super().to_internal_value(data)
        if len(choice) > MAX_OPTIONS:
            self.fail("many")
        return choice


class SoldSerializer(serializers.Serializer[Any]):
    """What is sold by itself: a product without variants, or a variant."""

    sku = StrictStr(max_length=SKU_LENGTH, allow_blank=True, required=False)
    compare_at_price = AmountField(
        required=False, allow_null=True, help_text="What the price is reduced from."
    )
    backorder = StrictBool(required=False, help_text="Sell beyond the stock.")
    low_stock_threshold = StrictInt(
        min_value=0, max_value=MAX_STOCK, required=False, allow_null=True
    )
    metadata = MetadataField(required=False, help_text="Public; replaced as a whole.")
    private_metadata = MetadataField(required=False, help_text="For staff; replaced as a whole.")


@extend_schema_serializer(
    examples=[example({"choice": {"Colour": "Red"}, "sku": "POT-RED", "stock": 5})]
)
class NewVariantSerializer(SoldSerializer):
    """A variant to create; its price is the product's unless given."""

    choice = ChoiceField()
    price = AmountField(required=False)
    stock = StrictInt(min_value=0, max_value=MAX_STOCK, required=False)
    position = StrictInt(min_value=0, max_value=MAX_POSITION, required=False)


class _DetailsSerializer(SoldSerializer):
    """What a product may have beside name and price."""

    description = StrictStr(max_length=DESCRIPTION_LENGTH, allow_blank=True, required=False)
    slug = SlugField(max_length=PRODUCT_NAME_LENGTH, required=False)
    category_id = IdField(required=False, allow_null=True)
    brand = StrictStr(max_length=BRAND_LENGTH, allow_blank=True, required=False)
    is_published = StrictBool(required=False)
    publish_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Customers see it from then on."
    )
    options = DistinctField(
        child=StrictStr(max_length=OPTION_LENGTH),
        max_length=MAX_OPTIONS,
        required=False,
        help_text="Names to choose its variants by.",
    )
    tags = DistinctField(
        child=StrictStr(max_length=TAG_LENGTH), max_length=MAX_TAGS, required=False
    )
    attributes = AttributesField(required=False)


@extend_schema_serializer(
    examples=[
        example(
            {
                "name": "Teapot",
                "price": "24.00",
                "description": "Holds a litre.",
                "stock": 12,
                "is_published": True,
            }
        )
    ]
)
class NewProductSerializer(_DetailsSerializer):
    """A product to create, with its variants if it has options."""

    name = StrictStr(max_length=PRODUCT_NAME_LENGTH)
    price = AmountField()
    stock = StrictInt(min_value=0, max_value=MAX_STOCK, required=False)
    variants = NewVariantSerializer(  # type: ignore[call-arg] # many=True takes a list's arguments
        many=True, required=False, max_length=MAX_VARIANTS
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse stock beside options: pieces belong to variants."""
        if attrs.get("options") and attrs.get("stock"):
            raise serializers.ValidationError(
                {"stock": "Pieces belong to the variants of a product that has options."}
            )
        return attrs


@extend_schema_serializer(examples=[example({"price": "22.50"})])
class ProductChangesSerializer(_DetailsSerializer):
    """What to change of a product or a variant; `stock` moves by its own operation."""

    name = StrictStr(max_length=PRODUCT_NAME_LENGTH, required=False)
    price = AmountField(required=False)
    choice = ChoiceField(required=False, help_text="Of a variant.")
    position = StrictInt(
        min_value=0, max_value=MAX_POSITION, required=False, help_text="Of a variant."
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse ``stock``: typing over it would lose sales that happen meanwhile."""
        values: dict[str, Any] = super().to_internal_value(data)
        if "stock" in data:
            raise serializers.ValidationError(
                {"stock": "Stock moves by POST /api/products/{id}/stock/ with delta and reason."}
            )
        return values
