"""Products. Salesman has no stock management: the stock is displayed, but does not change."""

from decimal import Decimal

from django.db import models
from django.http import HttpRequest


class Product(models.Model):
    """A product with the name, the code and the price that Salesman requires."""

    name = models.CharField(max_length=255)
    price = models.DecimalField(max_digits=18, decimal_places=2)
    description = models.TextField()
    stock = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    def get_price(self, request: HttpRequest) -> Decimal:
        """Return the price of a unit."""
        return self.price

    @property
    def code(self) -> str:
        """The code of the product."""
        return str(self.pk)
