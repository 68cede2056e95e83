"""The response body of related products."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.products.serializers.responses import LISTED_EXAMPLE, ListedProductSerializer
from shop.core.openapi import example


@extend_schema_serializer(many=False, examples=[example({"products": [LISTED_EXAMPLE]})])
class RelatedProductsSerializer(serializers.Serializer[Any]):
    """The related products of a product, as in the list of products; the closest one first."""

    products = ListedProductSerializer(many=True)
