"""How products look to their readers. Made by hand: they are the hottest reads of the shop."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.attributes.models import AttributeKind
from catalog.categories.serializers import CategoryLinkSerializer, serialize_category_link
from catalog.images.serializers import ImageSerializer, serialize_image
from catalog.prices.reads import price_of_row
from catalog.products.reads import DetailedProduct, ListedProduct, ProductCategory
from shop.core.fields import AmountField, MetadataField
from shop.core.money import currency, show
from shop.core.openapi import example

_PICTURE = {
    "id": 3,
    "large": "https://shop.example.com/media/products/3a/3a9c-large.webp",
    "small": "https://shop.example.com/media/products/3a/3a9c-small.webp",
    "alt": "A teapot",
    "position": 0,
}
_LISTED: dict[str, Any] = {
    "id": 7,
    "name": "Teapot",
    "slug": "teapot",
    "price": "24.00",
    "compare_at_price": "30.00",
    "lowest_price_30_days": "28.00",
    "currency": "USD",
    "description": "Holds a litre.",
    "in_stock": True,
    "has_variants": True,
    "category": {"id": 4, "name": "Teapots", "slug": "teapots"},
    "brand": "Hearth",
    "image": _PICTURE,
    "metadata": {"erp-id": "17"},
}
_VARIANT: dict[str, Any] = {
    "id": 8,
    "sku": "POT-RED",
    "choice": {"Colour": "Red"},
    "price": "24.00",
    "compare_at_price": None,
    "lowest_price_30_days": None,
    "in_stock": True,
    "image": None,
    "metadata": {},
}


class PricedSerializer(serializers.Serializer[Any]):
    """What something costs now."""

    price = AmountField(help_text="What it costs now; of variants the cheapest.")
    compare_at_price = AmountField(
        allow_null=True, help_text="What the price is reduced from; null where it is not."
    )
    lowest_price_30_days = AmountField(
        allow_null=True,
        help_text="The lowest price of the 30 days before the reduction (Directive 98/6/EC, 6a).",
    )
    in_stock = serializers.BooleanField(help_text="Some may be bought now, or ordered beyond it.")
    stock = serializers.IntegerField(required=False, help_text="For staff: pieces.")
    metadata = MetadataField(help_text="Data of integrations.")
    private_metadata = MetadataField(required=False, help_text="For staff.")


class StaffSerializer(serializers.Serializer[Any]):
    """What staff see beside."""

    is_published = serializers.BooleanField(required=False, help_text="For staff.")
    publish_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="For staff: not before."
    )
    backorder = serializers.BooleanField(
        required=False, help_text="For staff: sold beyond the stock."
    )
    low_stock_threshold = serializers.IntegerField(
        required=False, allow_null=True, help_text="For staff."
    )


@extend_schema_serializer(examples=[example(_LISTED)])
class ListedProductSerializer(PricedSerializer, StaffSerializer):
    """A product in a list, one entry whatever its variants."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField(help_text="Its name in links; a variant has none.")
    currency = serializers.CharField(help_text="ISO 4217.")
    description = serializers.CharField()
    has_variants = serializers.BooleanField(help_text="A variant is bought, not the product.")
    category = CategoryLinkSerializer(allow_null=True)
    brand = serializers.CharField()
    image = ImageSerializer(allow_null=True)


class OptionSerializer(serializers.Serializer[Any]):
    """What variants are chosen by."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class OptionValuesByNameField(serializers.DictField):
    """A value for each option, by its name."""


class VariantSerializer(PricedSerializer):
    """A variant: its `id` is the `product_id` to buy."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    choice = OptionValuesByNameField()
    image = ImageSerializer(allow_null=True)
    backorder = serializers.BooleanField(required=False, help_text="For staff.")
    low_stock_threshold = serializers.IntegerField(
        required=False, allow_null=True, help_text="For staff."
    )


class AttributeValueSerializer(serializers.Serializer[Any]):
    """A product's value of an attribute."""

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(AttributeKind.choices)
    value = serializers.JSONField(help_text="Text, a number, true or false, as `kind` says.")


@extend_schema_serializer(
    examples=[
        example(
            _LISTED
            | {
                "sku": "",
                "parent_id": None,
                "choice": {},
                "options": [{"name": "Colour", "values": ["Red"]}],
                "variants": [_VARIANT],
                "images": [_PICTURE],
                "tags": ["kitchen"],
                "attributes": [
                    {"slug": "litres", "name": "Litres", "kind": "number", "value": 1.5}
                ],
            }
        )
    ]
)
class ProductSerializer(ListedProductSerializer):
    """A product, or a variant by its own id."""

    sku = serializers.CharField()
    parent_id = serializers.IntegerField(
        allow_null=True, help_text="Of a variant, the product that it belongs to."
    )
    choice = OptionValuesByNameField(help_text="Of a variant, its value for each option.")
    options = OptionSerializer(many=True)
    variants = VariantSerializer(many=True)
    images = ImageSerializer(many=True)
    tags = serializers.ListField(child=serializers.CharField())
    attributes = AttributeValueSerializer(many=True)


def serialize_listed(product: ListedProduct, *, origin: str, for_staff: bool) -> dict[str, Any]:
    """Return a product that ``reads.listed`` read, as an entry of a list.

    ``origin`` is scheme and host of the request, for the addresses of images.
    """
    body = {
        "id": product.pk,
        "name": product.name,
        "slug": product.slug,
        **_serialize_price(product),
        "currency": currency(),
        "description": product.description,
        "in_stock": bool(product.has_stock),
        "has_variants": product.has_variants,
        "category": _serialize_category(product.category, for_staff=for_staff),
        "brand": product.brand,
        "image": _serialize_first_image(product.image_rows, origin=origin),
        "metadata": product.metadata,
    }
    if for_staff:
        body |= _serialize_for_staff(product)
        body |= {"is_published": product.is_published, "publish_at": product.publish_at}
    return body


def serialize_product(
    product: DetailedProduct, variants: list[ListedProduct], *, origin: str, for_staff: bool
) -> dict[str, Any]:
    """Return a product that ``reads.detailed`` read, with its variants."""
    names = product.options if product.parent_id is None else []
    return {
        **serialize_listed(product, origin=origin, for_staff=for_staff),
        "sku": product.sku,
        "parent_id": product.parent_id,
        "choice": dict(zip(product.option_names or (), product.options, strict=False)),
        "options": [
            {"name": name, "values": list(dict.fromkeys(v.options[n] for v in variants))}
            for n, name in enumerate(names)
        ],
        "variants": [
            _serialize_variant(v, names, origin=origin, for_staff=for_staff) for v in variants
        ],
        "images": [serialize_image(row, origin=origin) for row in product.image_rows],
        "tags": [row["tag"] for row in product.tag_rows],
        "attributes": [_serialize_attribute_value(row) for row in product.attribute_rows],
    }


def _serialize_variant(
    variant: ListedProduct, names: list[str], *, origin: str, for_staff: bool
) -> dict[str, Any]:
    body = {
        "id": variant.pk,
        "sku": variant.sku,
        "choice": dict(zip(names, variant.options, strict=True)),
        **_serialize_price(variant),
        "in_stock": bool(variant.has_stock),
        "image": _serialize_first_image(variant.image_rows, origin=origin),
        "metadata": variant.metadata,
    }
    return body | _serialize_for_staff(variant) if for_staff else body


def _serialize_price(product: ListedProduct) -> dict[str, Any]:
    price = price_of_row(product)
    return {
        "price": show(price.current),
        "compare_at_price": None if price.compare_at is None else show(price.compare_at),
        "lowest_price_30_days": (
            None if price.lowest_before is None else show(price.lowest_before)
        ),
    }


def _serialize_for_staff(product: ListedProduct) -> dict[str, Any]:
    return {
        "stock": product.units or 0,
        "backorder": product.backorder,
        "low_stock_threshold": product.low_stock_threshold,
        "private_metadata": product.private_metadata,
    }


def _serialize_first_image(images: list[dict[str, Any]], *, origin: str) -> dict[str, Any] | None:
    return serialize_image(images[0], origin=origin) if images else None


def _serialize_category(
    category: ProductCategory | None, *, for_staff: bool
) -> dict[str, Any] | None:
    if category is None or not (category.is_published or for_staff):
        return None
    return serialize_category_link(category.id, category.name, category.slug)


def _serialize_attribute_value(row: dict[str, Any]) -> dict[str, Any]:
    values = {
        AttributeKind.NUMBER: _number(row["number"]),
        AttributeKind.BOOLEAN: bool(row["boolean"]),
    }
    value = values.get(row["kind"], row["text"])
    return {"slug": row["slug"], "name": row["name"], "kind": row["kind"], "value": value}


def _number(text: str | None) -> int | float | None:
    if text is None:
        return None
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
