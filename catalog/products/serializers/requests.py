"""Request bodies of products."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.attributes.serializers import AttributesField, UniqueListField
from catalog.limits import (
    MAX_OPTIONS,
    MAX_STOCK,
    MAX_TAGS,
    MAX_VARIANTS,
    OPTION_LENGTH,
    TAG_LENGTH,
)
from catalog.products.descriptions import sanitize
from catalog.products.fields import FIELDS, Kind, Owner, names_of
from catalog.tax_classes.services import normalize_code
from catalog.translations.serializers import (
    TRANSLATIONS_HELP,
    CategoryTextsSerializer,
    TranslationsField,
)
from shop.core.fields import (
    AmountField,
    IdField,
    LineField,
    MetadataField,
    SlugField,
    StrictBool,
    StrictInt,
    StrictStr,
)
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer


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

    default_error_messages = {
        "not_a_dict": _("Expected an object whose members are option values."),
        "many": _("A product may have at most {limit} options."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Limit the length of the values."""
        super().__init__(child=LineField(max_length=OPTION_LENGTH), **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Limit the number of options."""
        values: dict[str, str] = super().to_internal_value(data)
        if len(values) > MAX_OPTIONS:
            self.fail("many", limit=MAX_OPTIONS)
        return values


class TaxClassField(StrictStr):
    """The code of a tax class. The service checks that it exists."""

    def to_internal_value(self, data: Any) -> str:
        """Normalize the code as those of tax classes are."""
        return normalize_code(super().to_internal_value(data))


class HTMLField(StrictStr):
    """HTML, which is sanitized. The maximum length is that of the result."""

    def to_internal_value(self, data: Any) -> str:
        """Sanitize the HTML."""
        return sanitize(super().to_internal_value(data))


def request_field(name: str, *, required: bool = False, help_text: str | None = None) -> Any:
    """Return the serializer field of an editable column."""
    field = FIELDS[name]
    kwargs: dict[str, Any] = {"required": required, "help_text": help_text or field.help_text}
    if field.member != field.name:
        kwargs["source"] = field.name
    if field.nullable:
        kwargs["allow_null"] = True
    if field.kind in {Kind.TEXT, Kind.LINE, Kind.HTML, Kind.SLUG, Kind.TAX_CLASS}:
        kwargs["max_length"] = field.limit
    if field.kind in {Kind.TEXT, Kind.LINE, Kind.HTML}:
        kwargs["allow_blank"] = not field.required
    if field.kind == Kind.INTEGER:
        kwargs |= {"min_value": 0, "max_value": field.limit}
    return _SERIALIZER_FIELDS[field.kind](**kwargs)


_SERIALIZER_FIELDS: dict[Kind, Callable[..., Any]] = {
    Kind.TEXT: StrictStr,
    Kind.LINE: LineField,
    Kind.HTML: HTMLField,
    Kind.SLUG: SlugField,
    Kind.CATEGORY: IdField,
    Kind.TAX_CLASS: TaxClassField,
    Kind.AMOUNT: AmountField,
    Kind.INTEGER: StrictInt,
    Kind.BOOLEAN: StrictBool,
    Kind.INSTANT: serializers.DateTimeField,
    Kind.METADATA: MetadataField,
}


class SoldSerializer(RequestSerializer):
    """The fields of variants and of products without variants."""

    columns: ClassVar[list[str]] = names_of(Owner.SOLD, Owner.EACH, without=["price"])
    """The editable columns. Their fields come before those that the class declares."""

    def get_fields(self) -> dict[str, Any]:
        """Add the fields of ``columns``."""
        columns = {FIELDS[name].member: request_field(name) for name in self.columns}
        return columns | super().get_fields()


@extend_schema_serializer(
    examples=[example({"choice": {"Colour": "Red"}, "sku": "POT-RED", "stock": 5})]
)
class NewVariantSerializer(SoldSerializer):
    """A variant to create. Its price defaults to that of the product."""

    choice = OptionValuesField()
    price = request_field("price")
    stock = StrictInt(min_value=0, max_value=MAX_STOCK, required=False)
    position = request_field("position")


@extend_schema_serializer(examples=[example({"name": "Teekanne", "slug": "teekanne"})])
class ProductTextsSerializer(CategoryTextsSerializer):
    """The texts of a product in a further language. Empty ones are those of the product itself."""

    description = request_field("description")


class _DetailsSerializer(SoldSerializer):
    """The optional fields of a product."""

    columns = [*SoldSerializer.columns, *names_of(Owner.PRODUCT, without=["name"])]

    options = UniqueListField(
        child=LineField(max_length=OPTION_LENGTH),
        max_length=MAX_OPTIONS,
        required=False,
        help_text="Names of the options that its variants differ in.",
    )
    tags = UniqueListField(
        child=LineField(max_length=TAG_LENGTH), max_length=MAX_TAGS, required=False
    )
    attributes = AttributesField(required=False)
    translations = TranslationsField(ProductTextsSerializer, help_text=TRANSLATIONS_HELP)


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
        """Reject stock of a product with options."""
        if attrs.get("options") and attrs.get("stock"):
            raise serializers.ValidationError(
                {
                    "stock": _(
                        "A product with options has no stock. Please set that of its variants."
                    )
                }
            )
        return attrs


@extend_schema_serializer(examples=[example({"price": "22.50"})])
class ProductChangesSerializer(_DetailsSerializer):
    """The changes of a product or a variant. `stock` has an operation of its own."""

    name = request_field("name")
    price = request_field("price")
    choice = OptionValuesField(required=False, help_text="Only for variants.")
    position = request_field("position", help_text="Only for variants.")
    elsewhere: ClassVar[Mapping[str, Any]] = {
        # An absolute number would undo concurrent sales.
        "stock": _("To change the stock, use POST /api/products/<id>/stock/.")
    }
