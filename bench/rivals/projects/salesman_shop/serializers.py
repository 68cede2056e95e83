"""How a product is shown, in the catalogue and in a basket's lines."""

from rest_framework import serializers

from salesman_shop.models import Product


class ProductSerializer(serializers.ModelSerializer):
    """Everything there is."""

    class Meta:
        model = Product
        fields = ["id", "name", "price", "description", "stock"]
