"""Products and categories for tests, made by the services as everyone's are."""

from decimal import Decimal
from typing import Any

import factory

from catalog import services
from catalog.models import Category, Product


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


class CategoryFactory(factory.django.DjangoModelFactory):
    """A published category at the root, unless ``parent_id`` is given."""

    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")

    @classmethod
    def _create(cls, model_class: type[Category], *args: Any, **kwargs: Any) -> Category:
        return services.create_category(**kwargs)
