"""The serializer of products, in lists and in baskets."""

from rest_framework import serializers

from salesman_shop.models import Product


class ProductSerializer(serializers.ModelSerializer):
    """All fields of the model."""

    class Meta:
        model = Product
        fields = ["id", "name", "price", "description", "stock"]
