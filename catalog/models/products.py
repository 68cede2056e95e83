"""Products, the movements that explain their stock, and the catalogue's revision."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models.categories import Category
from shop.core.money import MAX_DIGITS

MAX_STOCK = 1_000_000_000
"""Pieces that staff may stock of one product; well inside the column's 2³¹."""


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products."""

    def not_archived(self) -> ProductQuerySet:
        """All that any reader may ever see."""
        return self.filter(archived_at=None)

    def for_sale(self) -> ProductQuerySet:
        """Published and not archived."""
        return self.not_archived().filter(is_published=True)

    def visible_to(self, user: AbstractUser | AnonymousUser) -> ProductQuerySet:
        """What is for sale; for staff also what is not published."""
        return self.not_archived() if user.is_staff else self.for_sale()

    def shown(self) -> ProductQuerySet:
        """With all that their readers see of them, in one statement."""
        return self.select_related("category")

    def lock(self, pk: int) -> Product:
        """Lock one product until the transaction ends, and return it. Raises DoesNotExist."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def lock_all(self, pks: list[int]) -> list[Product]:
        """Lock products in ascending id, the order that every writer keeps, and return them."""
        return list(self.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))


class Product(models.Model):
    """One sellable thing. ``stock`` is written by ``catalog.services`` alone, with a movement."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    price = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, help_text="In the shop's currency."
    )
    stock = models.IntegerField(default=0, help_text="Pieces that may still be sold.")
    is_published = models.BooleanField(default=True, help_text="Customers see it and may buy it.")
    archived_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Gone from every read, kept for the books."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="product_stock_not_negative"),
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative"),
        ]
        indexes = [
            # GET /api/products/: its count and its pages
            models.Index(
                fields=["id"],
                condition=Q(is_published=True, archived_at=None),
                name="product_for_sale",
            ),
            # GET /api/products/?category=
            models.Index(
                fields=["category", "id"],
                condition=Q(is_published=True, archived_at=None),
                name="product_in_category",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_for_sale(self) -> bool:
        """Customers may buy it, stock permitting."""
        return self.is_published and self.archived_at is None


class MovementKind(models.TextChoices):
    """Why stock moved."""

    INITIAL = "initial", "Initial stock"
    ADJUSTMENT = "adjustment", "Adjustment by staff"
    SALE = "sale", "Order placed"
    CANCELLATION = "cancellation", "Order cancelled"


class StockMovement(models.Model):
    """One change of a product's stock; append-only. Their sum is the stock."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=20, choices=MovementKind.choices)
    delta = models.IntegerField(help_text="Pieces in (positive) or out (negative).")
    reason = models.CharField(max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="stockmovement_moves_something"),
            models.CheckConstraint(
                condition=Q(kind__in=MovementKind.values), name="stockmovement_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.kind}"


class CatalogRevision(models.Model):
    """One row, which every write that changes a public answer bumps in its own transaction.

    ``epoch`` is random, so that a database made anew never repeats an old ETag.
    """

    ONLY: ClassVar[int] = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    number = models.BigIntegerField(default=1)
    epoch = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="catalogrevision_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"


Quantities = dict[int, int]
"""Pieces by product id."""
