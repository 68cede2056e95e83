"""What staff send about products."""

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.attributes.serializers import AttributesField, DistinctField
from catalog.limits import (
    MAX_OPTIONS,
    MAX_STOCK,
    MAX_TAGS,
    MAX_VARIANTS,
    OPTION_LENGTH,
    TAG_LENGTH,
)
from catalog.products.fields import FIELDS, Kind, Owner, names_of
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
class OptionValuesField(serializers.DictField):
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


def request_field(name: str, *, required: bool = False, help_text: str | None = None) -> Any:
    """Return the serializer field of an editable column."""
    field = FIELDS[name]
    kwargs: dict[str, Any] = {"required": required, "help_text": help_text or field.help_text}
    if field.nullable:
        kwargs["allow_null"] = True
    if field.kind in {Kind.TEXT, Kind.SLUG}:
        kwargs["max_length"] = field.limit
    if field.kind == Kind.TEXT:
        kwargs["allow_blank"] = not field.required
    if field.kind == Kind.INTEGER:
        kwargs |= {"min_value": 0, "max_value": field.limit}
    return _SERIALIZER_FIELDS[field.kind](**kwargs)


_SERIALIZER_FIELDS: dict[Kind, Callable[..., Any]] = {
    Kind.TEXT: StrictStr,
    Kind.SLUG: SlugField,
    Kind.CATEGORY: IdField,
    Kind.AMOUNT: AmountField,
    Kind.INTEGER: StrictInt,
    Kind.BOOLEAN: StrictBool,
    Kind.INSTANT: serializers.DateTimeField,
    Kind.METADATA: MetadataField,
}


class SoldSerializer(serializers.Serializer[Any]):
    """What is sold by itself: a product without variants, or a variant."""

    columns: ClassVar[list[str]] = names_of(Owner.SOLD, Owner.EACH, without=["price"])
    """The editable columns that come before the fields declared by the class."""

    def get_fields(self) -> dict[str, Any]:
        """Add the fields of ``columns``."""
        return {name: request_field(name) for name in self.columns} | super().get_fields()


@extend_schema_serializer(
    examples=[example({"choice": {"Colour": "Red"}, "sku": "POT-RED", "stock": 5})]
)
class NewVariantSerializer(SoldSerializer):
    """A variant to create; its price is the product's unless given."""

    choice = OptionValuesField()
    price = request_field("price")
    stock = StrictInt(min_value=0, max_value=MAX_STOCK, required=False)
    position = request_field("position")


class _DetailsSerializer(SoldSerializer):
    """What a product may have beside name and price."""

    columns = [*SoldSerializer.columns, *names_of(Owner.PRODUCT, without=["name"])]

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

    name = request_field("name", required=True)
    price = request_field("price", required=True)
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

    name = request_field("name")
    price = request_field("price")
    choice = OptionValuesField(required=False, help_text="Of a variant.")
    position = request_field("position", help_text="Of a variant.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse ``stock``: typing over it would lose sales that happen meanwhile."""
        values: dict[str, Any] = super().to_internal_value(data)
        if "stock" in data:
            raise serializers.ValidationError(
                {"stock": "Stock moves by POST /api/products/{id}/stock/ with delta and reason."}
            )
        return values
