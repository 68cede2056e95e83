"""Shapes of the feed of changes."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.products.serializers.responses import ProductSerializer, serialize_product
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
    """What to load and what to forget."""

    products = ProductSerializer(many=True)
    deleted = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids that are for sale no more."
    )
    has_more = serializers.BooleanField(help_text="Ask again at once, with the cursor.")
    cursor = serializers.CharField(help_text="Send it as `since` the next time.")


def serialize_changes(changes: Changes, *, origin: str) -> dict[str, Any]:
    """Return a page of changes as customers see it; ``origin`` as ``show_product`` takes it."""
    return {
        "products": [
            serialize_product(product, variants, origin=origin, for_staff=False)
            for product, variants in changes.products
        ],
        "deleted": changes.deleted,
        "has_more": changes.has_more,
        "cursor": str(changes.cursor),
    }
