"""Products for tests; their stock comes by a movement, as everyone's does."""

from decimal import Decimal
from typing import Any

import factory

from catalog import services
from catalog.models import Product


class ProductFactory(factory.django.DjangoModelFactory):
    """A product for sale at 10.00 with 100 pieces."""

    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Product {n}")
    price = Decimal("10.00")
    stock = 100

    @classmethod
    def _create(cls, model_class: type[Product], *args: Any, **kwargs: Any) -> Product:
        kwargs["price"] = Decimal(kwargs["price"])
        return services.create_product(**kwargs)
