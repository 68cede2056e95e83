"""Response bodies of products.

The serializers only describe them. Functions build them, because that is faster than DRF, and
products are what clients read most.
"""

from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.attributes.models import AttributeKind
from catalog.categories.serializers import CategoryLinkSerializer, serialize_category_link
from catalog.images.serializers import ImageSerializer, serialize_image
from catalog.json_ld import HELP_TEXT
from catalog.prices.current import Price
from catalog.prices.reads import highest_of_row, price_of_row
from catalog.products.descriptions import safe, text_of
from catalog.products.reads import (
    DetailedProduct,
    ListedProduct,
    ProductCategory,
    ProductVariant,
)
from catalog.products.serializers.pages import PAGE_EXAMPLE, PageSerializer, serialize_page
from catalog.translations.serializers import ProductTranslationSerializer
from shop.core.fields import AmountField, MetadataField
from shop.core.money import currency, show
from shop.core.openapi import example

_IMAGE = {
    "id": 3,
    "large": "https://shop.example.com/media/products/3a/3a9c-large.webp",
    "small": "https://shop.example.com/media/products/3a/3a9c-small.webp",
    "srcset": "https://shop.example.com/media/products/3a/3a9c-large.webp 1600w",
    "width": 1600,
    "height": 1200,
    "placeholder": "data:image/webp;base64,UklGRh4AAABXRUJQ",
    "alt": "A teapot",
    "position": 0,
}
LISTED_EXAMPLE: dict[str, Any] = {
    "id": 7,
    "name": "Teapot",
    "slug": "teapot",
    "price": "24.00",
    "highest_price": "32.00",
    "compare_at_price": "30.00",
    "lowest_price_30_days": "28.00",
    "reduction_percent": 14,
    "currency": "USD",
    "description": "Holds a litre.",
    "in_stock": True,
    "has_variants": True,
    "category": {"id": 4, "name": "Teapots", "slug": "teapots"},
    "brand": "Hearth",
    "image": _IMAGE,
    "metadata": {"erp-id": "17"},
}
_BARCODE = "The number that scanners read, such as a GTIN; empty if there is none."
_SHIPPED: dict[str, Any] = {"weight": 850, "requires_shipping": True, "tax_class": None}
_VARIANT: dict[str, Any] = {
    "id": 8,
    "sku": "POT-RED",
    "barcode": "4006381333931",
    "choice": {"Colour": "Red"},
    "price": "24.00",
    "compare_at_price": None,
    "lowest_price_30_days": None,
    "reduction_percent": None,
    "in_stock": True,
    "image": None,
    "metadata": {},
    **_SHIPPED,
}


class PricedSerializer(serializers.Serializer[Any]):
    """Price, stock and metadata of a product or a variant."""

    only_for_staff: ClassVar[tuple[str, ...]] = (
        "stock",
        "private_metadata",
        "backorder",
        "track_stock",
        "low_stock_threshold",
    )

    price = AmountField(help_text="The current price; with variants that of the cheapest.")
    compare_at_price = AmountField(
        allow_null=True, help_text="The price before the reduction; null if it is not reduced."
    )
    lowest_price_30_days = AmountField(
        allow_null=True,
        help_text="The lowest price in the 30 days before the reduction (Directive 98/6/EC, 6a).",
    )
    reduction_percent = serializers.IntegerField(
        allow_null=True,
        min_value=1,
        max_value=100,
        help_text="The reduction in percent of `lowest_price_30_days`, rounded down; null if that "
        "price is not higher.",
    )
    in_stock = serializers.BooleanField(help_text="Whether it can be ordered now.")
    stock = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Only for staff: units in stock; null if the stock is not tracked.",
    )
    metadata = MetadataField(help_text="Public data of integrations.")
    private_metadata = MetadataField(required=False, help_text="Only for staff.")
    backorder = serializers.BooleanField(
        required=False, help_text="Only for staff: whether it can be ordered while out of stock."
    )
    track_stock = serializers.BooleanField(
        required=False, help_text="Only for staff: if false, it can always be ordered."
    )
    low_stock_threshold = serializers.IntegerField(
        required=False, allow_null=True, help_text="Only for staff."
    )


@extend_schema_serializer(examples=[example(LISTED_EXAMPLE)])
class ListedProductSerializer(PricedSerializer):
    """A product in a list, which has one entry for a product and all its variants."""

    only_for_staff = (*PricedSerializer.only_for_staff, "is_published", "publish_at")

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField(help_text="The product's name in URLs; empty for a variant.")
    currency = serializers.CharField(help_text="ISO 4217.")
    highest_price = AmountField(
        help_text="The current price of the dearest variant; without variants `price`."
    )
    description = serializers.CharField(
        help_text="Text or sanitized HTML; text without markup is not escaped."
    )
    has_variants = serializers.BooleanField(help_text="If true, customers buy one of its variants.")
    is_published = serializers.BooleanField(required=False, help_text="Only for staff.")
    publish_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Only for staff: not visible before this time."
    )
    category = CategoryLinkSerializer(allow_null=True)
    brand = serializers.CharField()
    image = ImageSerializer(allow_null=True)


class OptionSerializer(serializers.Serializer[Any]):
    """An option that variants differ in."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class OptionValuesByNameField(serializers.DictField):
    """A value for each option, by the option's name."""


class ShippedSerializer(serializers.Serializer[Any]):
    """What decides about shipping and tax; of a product with variants, their default."""

    weight = serializers.IntegerField(help_text="Grams of one unit; 0 if it is not known.")
    requires_shipping = serializers.BooleanField(help_text="Whether it is shipped.")
    tax_class = serializers.CharField(
        allow_null=True, help_text="The code of a tax class; null for the standard rate."
    )


class VariantSerializer(ShippedSerializer, PricedSerializer):
    """A variant. Use its `id` as `product_id` to add it to a cart."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    barcode = serializers.CharField(help_text=_BARCODE)
    choice = OptionValuesByNameField()
    image = ImageSerializer(allow_null=True)


class AttributeValueSerializer(serializers.Serializer[Any]):
    """The value of an attribute."""

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(AttributeKind.choices)
    value = serializers.JSONField(help_text="A string, number or boolean, depending on `kind`.")


@extend_schema_serializer(
    examples=[
        example(
            LISTED_EXAMPLE
            | {
                "description_text": "Holds a litre.",
                "sku": "",
                "barcode": "",
                "parent_id": None,
                "choice": {},
                "options": [{"name": "Colour", "values": ["Red"]}],
                "variants": [_VARIANT],
                **_SHIPPED,
                **PAGE_EXAMPLE,
                "images": [_IMAGE],
                "tags": ["kitchen"],
                "attributes": [
                    {"slug": "litres", "name": "Litres", "kind": "number", "value": 1.5}
                ],
            }
        )
    ]
)
class ProductSerializer(PageSerializer, ShippedSerializer, ListedProductSerializer):
    """A product, or a variant if the id is that of a variant."""

    only_for_staff = (*ListedProductSerializer.only_for_staff, "translations")

    description_text = serializers.CharField(
        read_only=True, help_text="The description as plain text, without markup."
    )
    sku = serializers.CharField()
    barcode = serializers.CharField(help_text=_BARCODE)
    parent_id = serializers.IntegerField(
        allow_null=True, help_text="The product that a variant belongs to."
    )
    choice = OptionValuesByNameField(help_text="The option values of a variant.")
    options = OptionSerializer(many=True)
    variants = VariantSerializer(many=True)
    images = ImageSerializer(many=True)
    tags = serializers.ListField(child=serializers.CharField())
    attributes = AttributeValueSerializer(many=True)
    json_ld = serializers.CharField(required=False, help_text=HELP_TEXT)
    translations = serializers.DictField(
        child=ProductTranslationSerializer(),
        required=False,
        help_text="Only for staff, and if the shop has further languages: the texts, by code.",
    )


def serialize_listed(product: ListedProduct, *, origin: str, for_staff: bool) -> dict[str, Any]:
    """Return the response body of a list entry, from a row of ``reads.listed``.

    ``origin`` is scheme and host of the request, for the URLs of images.
    """
    body = {
        "id": product.pk,
        "name": product.name,
        "slug": product.slug,
        **_serialize_prices(product),
        "currency": currency(),
        "description": safe(product.description, product.description_text),
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
    product: DetailedProduct,
    variants: list[ProductVariant],
    *,
    origin: str,
    for_staff: bool,
    language: str,
) -> dict[str, Any]:
    """Return the response body of a product, from a row of ``reads.detailed`` and its variants.

    ``language`` is that of its texts, for its canonical URL.
    """
    names = product.options if product.parent_id is None else []
    listed = serialize_listed(product, origin=origin, for_staff=for_staff)
    return {
        **listed,
        "description_text": _text(product, listed["description"]),
        **serialize_page(product, origin=origin, for_staff=for_staff, language=language),
        "sku": product.sku,
        "barcode": product.barcode,
        **_serialize_shipping(product),
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


def _text(product: DetailedProduct, description: str) -> str:
    text = product.description_text
    return text_of(description) if text is None else text


def _serialize_variant(
    variant: ProductVariant, names: list[str], *, origin: str, for_staff: bool
) -> dict[str, Any]:
    body = {
        "id": variant.pk,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "choice": dict(zip(names, variant.options, strict=True)),
        **_serialize_price(price_of_row(variant)),
        "in_stock": bool(variant.has_stock),
        "image": _serialize_first_image(variant.image_rows, origin=origin),
        "metadata": variant.metadata,
        **_serialize_shipping(variant),
    }
    return body | _serialize_for_staff(variant) if for_staff else body


def _serialize_prices(product: ListedProduct) -> dict[str, Any]:
    """Return the lowest and the highest price of a product."""
    price = price_of_row(product)
    body = _serialize_price(price)
    if product.highest_price is None:
        return body | {"highest_price": body["price"]}
    return body | {"highest_price": show(highest_of_row(product, price.current))}


def _serialize_price(price: Price) -> dict[str, Any]:
    return {
        "price": show(price.current),
        "compare_at_price": None if price.compare_at is None else show(price.compare_at),
        "lowest_price_30_days": (
            None if price.lowest_before is None else show(price.lowest_before)
        ),
        "reduction_percent": price.reduction_percent,
    }


def _serialize_shipping(product: ProductVariant) -> dict[str, Any]:
    return {
        "weight": product.weight,
        "requires_shipping": product.requires_shipping,
        "tax_class": product.tax_class_id,
    }


def _serialize_for_staff(product: ListedProduct) -> dict[str, Any]:
    return {
        "stock": _stock(product),
        "backorder": product.backorder,
        "track_stock": product.track_stock,
        "low_stock_threshold": product.low_stock_threshold,
        "private_metadata": product.private_metadata,
    }


def _stock(product: ListedProduct) -> int | None:
    """Return the units in stock, or None if no stock is tracked.

    What is not tracked is always in stock, so a product without both has no variants yet.
    """
    return 0 if product.units is None and not product.has_stock else product.units


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
