"""What is for sale. Salesman keeps no stock: the number is shown and never taken from."""

from decimal import Decimal

from django.db import models
from django.http import HttpRequest


class Product(models.Model):
    """A product as Salesman wants one: with a name, a code and a price."""

    name = models.CharField(max_length=255)
    price = models.DecimalField(max_digits=18, decimal_places=2)
    description = models.TextField()
    stock = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    def get_price(self, request: HttpRequest) -> Decimal:
        """Return the price of one piece."""
        return self.price

    @property
    def code(self) -> str:
        """The product's code."""
        return str(self.pk)
