"""The movements that explain a product's stock."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.limits import REASON_LENGTH
from catalog.permissions import sees_all
from catalog.products.models import Product

Quantities = dict[int, int]
"""Pieces by product id."""


class MovementKind(models.TextChoices):
    """Why stock moved."""

    INITIAL = "initial", "Initial stock"
    ADJUSTMENT = "adjustment", "Adjustment by staff"
    SALE = "sale", "Order placed"
    CANCELLATION = "cancellation", "Order cancelled"


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """Reads of movements."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> "StockMovementQuerySet":
        """All movements for staff who may see them, and none for others."""
        return self if sees_all(user, "stockmovement") else self.none()


class StockMovement(models.Model):
    """One change of a product's stock; append-only. Their sum is the stock."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=20, choices=MovementKind.choices)
    delta = models.IntegerField(help_text="Pieces in (positive) or out (negative).")
    reason = models.CharField(max_length=REASON_LENGTH)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="stockmovement_moves_something"),
            models.CheckConstraint(
                condition=Q(kind__in=MovementKind.values), name="stockmovement_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.kind}"
