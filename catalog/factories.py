"""Factories for tests. They create rows with the services."""

from decimal import Decimal
from typing import Any

import factory

from catalog import services
from catalog.models import Category, Product, Sale, SaleKind


class ProductFactory(factory.django.DjangoModelFactory):
    """A product for sale at 10.00, with 100 units in stock."""

    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Product {n}")
    price = Decimal("10.00")
    stock = 100

    @classmethod
    def _create(cls, model_class: type[Product], *args: Any, **kwargs: Any) -> Product:
        kwargs["price"] = Decimal(kwargs["price"])
        return services.create_product(**kwargs)


class ShirtFactory(ProductFactory):
    """A product with three variants: S / Red (5 units), M / Red (3) and M / Blue (none)."""

    name = "Shirt"
    price = Decimal("20.00")
    stock = 0
    options = ("Size", "Colour")
    variants = (
        {"choice": {"Size": "S", "Colour": "Red"}, "stock": 5, "sku": "S-RED"},
        {"choice": {"Size": "M", "Colour": "Red"}, "stock": 3, "sku": "M-RED"},
        {"choice": {"Size": "M", "Colour": "Blue"}, "price": Decimal("18.00"), "sku": "M-BLUE"},
    )


class SaleFactory(factory.django.DjangoModelFactory):
    """An active sale of 20 percent on ``product_ids`` and ``category_ids``."""

    class Meta:
        model = Sale

    name = factory.Sequence(lambda n: f"Sale {n}")
    kind = SaleKind.PERCENT
    value = Decimal(20)

    @classmethod
    def _create(cls, model_class: type[Sale], *args: Any, **kwargs: Any) -> Sale:
        return services.create_sale(**kwargs)


class CategoryFactory(factory.django.DjangoModelFactory):
    """A published category, at the root unless ``parent_id`` is given."""

    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")

    @classmethod
    def _create(cls, model_class: type[Category], *args: Any, **kwargs: Any) -> Category:
        return services.create_category(**kwargs)
