"""The response body of the changes feed."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.products.serializers.responses import (
    ListedProductSerializer,
    ProductSerializer,
    serialize_product,
)
from catalog.search.changes import Changes
from shop.core.openapi import example

_CURSOR = "5f0c6a1de2b94c77.1042.1795687200000000"


@extend_schema_serializer(
    many=False,
    examples=[
        example({"products": [], "deleted": [12], "has_more": False, "cursor": _CURSOR}),
    ],
)
class ChangesSerializer(serializers.Serializer[Any]):
    """Products to update, and ids to delete."""

    products = ProductSerializer(many=True)
    deleted = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of products that are no longer for sale."
    )
    has_more = serializers.BooleanField(help_text="Whether to request the next page at once.")
    cursor = serializers.CharField(help_text="The value of `since` in the next request.")


class SuggestedCategorySerializer(serializers.Serializer[Any]):
    """A category that is suggested."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()


class SuggestedBrandSerializer(serializers.Serializer[Any]):
    """A brand that is suggested."""

    name = serializers.CharField(help_text="For `GET /api/products/?brand=`.")


@extend_schema_serializer(
    many=False,
    examples=[
        example(
            {
                "products": [],
                "categories": [{"id": 4, "name": "Teapots", "slug": "teapots"}],
                "brands": [{"name": "Teahouse"}],
            }
        )
    ],
)
class SuggestionsSerializer(serializers.Serializer[Any]):
    """What someone who types may be looking for; the best-selling products first."""

    products = ListedProductSerializer(many=True)
    categories = SuggestedCategorySerializer(many=True)
    brands = SuggestedBrandSerializer(many=True)


def serialize_changes(changes: Changes, *, origin: str, language: str) -> dict[str, Any]:
    """Return the response body of a page. ``origin`` is scheme and host of the request."""
    options: Any = {"origin": origin, "for_staff": False, "language": language}
    return {
        "products": [
            serialize_product(product, variants, **options)
            for product, variants in changes.products
        ],
        "deleted": changes.deleted,
        "has_more": changes.has_more,
        "cursor": str(changes.cursor),
    }
