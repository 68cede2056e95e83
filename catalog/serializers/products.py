"""Shapes of the catalog. Answers are made by hand: they are the hottest reads of the shop."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.models import MAX_STOCK, Category, Product
from catalog.serializers.categories import CategoryLinkSerializer, show_link
from shop.core.fields import AmountField, IdField, StrictBool, StrictInt, StrictStr
from shop.core.money import currency, show
from shop.core.openapi import example

NAME_LENGTH = 200
DESCRIPTION_LENGTH = 10_000
REASON_LENGTH = 200


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": 7,
                "name": "Teapot",
                "price": "24.00",
                "currency": "USD",
                "description": "Holds a litre.",
                "in_stock": True,
                "category": {"id": 4, "name": "Teapots", "slug": "teapots"},
            }
        )
    ]
)
class ProductSerializer(serializers.Serializer[Any]):
    """A product, as its readers see it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    price = AmountField()
    currency = serializers.CharField(help_text="ISO 4217.")
    description = serializers.CharField()
    in_stock = serializers.BooleanField()
    category = CategoryLinkSerializer(allow_null=True)
    stock = serializers.IntegerField(required=False, help_text="For staff.")
    is_published = serializers.BooleanField(required=False, help_text="For staff.")


def show_product(product: Product, *, for_staff: bool) -> dict[str, Any]:
    """Return a product as its readers see it."""
    shown = {
        "id": product.pk,
        "name": product.name,
        "price": show(product.price),
        "currency": currency(),
        "description": product.description,
        "in_stock": product.stock > 0,
        "category": _show_category(product.category, for_staff=for_staff),
    }
    if for_staff:
        shown |= {"stock": product.stock, "is_published": product.is_published}
    return shown


def _show_category(category: Category | None, *, for_staff: bool) -> dict[str, Any] | None:
    if category is None or not (category.is_published or for_staff):
        return None
    return show_link(category.pk, category.name, category.slug)


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
class NewProductSerializer(serializers.Serializer[Any]):
    """A product to create."""

    name = StrictStr(max_length=NAME_LENGTH)
    price = AmountField()
    description = StrictStr(max_length=DESCRIPTION_LENGTH, allow_blank=True, required=False)
    stock = StrictInt(min_value=0, max_value=MAX_STOCK, required=False)
    category_id = IdField(required=False, allow_null=True)
    is_published = StrictBool(required=False)


@extend_schema_serializer(examples=[example({"price": "22.50"})])
class ProductChangesSerializer(serializers.Serializer[Any]):
    """What to change of a product; `stock` moves by its own operation."""

    name = StrictStr(max_length=NAME_LENGTH, required=False)
    price = AmountField(required=False)
    description = StrictStr(max_length=DESCRIPTION_LENGTH, allow_blank=True, required=False)
    category_id = IdField(required=False, allow_null=True)
    is_published = StrictBool(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse ``stock``: typing over it would lose sales that happen meanwhile."""
        if "stock" in self.initial_data:
            raise serializers.ValidationError(
                {"stock": "Stock moves by POST /api/products/{id}/stock/ with delta and reason."}
            )
        return attrs


@extend_schema_field(
    {"type": "integer", "minimum": -MAX_STOCK, "maximum": MAX_STOCK, "not": {"const": 0}}
)
class DeltaField(StrictInt):
    """Pieces in, or out with a minus."""

    default_error_messages = {"zero": "delta is not 0."}

    def __init__(self) -> None:
        """Bound it by what a product can hold."""
        super().__init__(min_value=-MAX_STOCK, max_value=MAX_STOCK)

    def to_internal_value(self, data: Any) -> int:
        """Refuse a movement that moves nothing."""
        delta = super().to_internal_value(data)
        if delta == 0:
            self.fail("zero")
        return delta


@extend_schema_serializer(examples=[example({"delta": 24, "reason": "Delivery 118"})])
class StockAdjustmentSerializer(serializers.Serializer[Any]):
    """Pieces in or out, and why."""

    delta = DeltaField()
    reason = StrictStr(max_length=REASON_LENGTH)
