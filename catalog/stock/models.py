"""Stock movements."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.limits import REASON_LENGTH
from catalog.permissions import sees_all
from catalog.products.models import Product

Quantities = dict[int, int]
"""Numbers of units, by product id."""


class MovementKind(models.TextChoices):
    """The cause of a stock movement."""

    INITIAL = "initial", _("Initial stock")
    ADJUSTMENT = "adjustment", _("Adjustment by staff")
    SALE = "sale", _("Order placed")
    CANCELLATION = "cancellation", _("Order or items cancelled")
    RETURN = "return", _("Returned by the buyer")


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """Reads of movements."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> "StockMovementQuerySet":
        """Return all movements for staff with a permission for movements, and none for others."""
        return self if sees_all(user, "stockmovement") else self.none()


class StockMovement(models.Model):
    """A change of a product's stock. Append-only. The sum of a product's movements is its stock."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=20, choices=MovementKind.choices)
    delta = models.IntegerField(help_text="Units added (positive) or removed (negative).")
    reason = models.CharField(max_length=REASON_LENGTH)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(delta=0),
                name="stockmovement_moves_something",
                violation_error_message=_("A stock movement must change the stock."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=MovementKind.values),
                name="stockmovement_kind_is_known",
                violation_error_message=_(
                    "The kind of the movement must be one of the known kinds."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.kind}"
