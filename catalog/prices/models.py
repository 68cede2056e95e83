"""Sales, and the history of list prices."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.categories.models import Category
from catalog.collections.models import Collection
from catalog.limits import SALE_NAME_LENGTH
from catalog.permissions import sees_all
from catalog.products.models import Product
from shop.core.lines import LineField
from shop.core.money import MAX_DIGITS


class PriceChange(models.Model):
    """A list price that applies from ``created_at`` on. Append-only.

    The history is needed for the lowest price in the 30 days before a reduction, which has to be
    shown with the reduction (Directive 98/6/EC, article 6a).
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="price_changes")
    price = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["product", "-id"], name="pricechange_of_product")]

    def __str__(self) -> str:
        return f"{self.price} from {self.created_at:%Y-%m-%d %H:%M}"


class SaleKind(models.TextChoices):
    """How a sale reduces a price."""

    PERCENT = "percent", _("Percent off")
    FIXED = "fixed", _("Amount off")


class SaleQuerySet(models.QuerySet["Sale"]):
    """Reads of sales. The database's clock decides which are active."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> SaleQuerySet:
        """Return all sales for staff with a permission for sales, and none for others."""
        return self if sees_all(user, "sale") else self.none()

    def started(self) -> SaleQuerySet:
        """Return sales that have started, including those that have ended."""
        return self.filter(starts_at__lte=Now())

    def active(self) -> SaleQuerySet:
        """Return sales that are active now."""
        return self.started().filter(Q(ends_at=None) | Q(ends_at__gt=Now()))


class Sale(models.Model):
    """Reduced prices of products and whole categories from ``starts_at`` until ``ends_at``.

    Nothing is written when a sale starts or ends. Current prices are computed when they are read.
    """

    name = LineField(max_length=SALE_NAME_LENGTH)
    kind = models.CharField(max_length=10, choices=SaleKind.choices)
    value = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        help_text="A percentage, or an amount in the shop's currency.",
    )
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField(null=True, blank=True, db_index=True)
    products = models.ManyToManyField(Product, blank=True, related_name="sales")
    categories = models.ManyToManyField(
        Category, blank=True, related_name="sales", help_text="Including their subcategories."
    )
    collections = models.ManyToManyField(Collection, blank=True, related_name="sales")
    changed_in = models.BigIntegerField(
        default=0, editable=False, help_text="The catalog's revision that changed it last."
    )

    objects = SaleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gt=0),
                name="sale_lowers",
                violation_error_message=_("The value of a sale must be greater than zero."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=SaleKind.PERCENT) | Q(value__lte=100),
                name="sale_percent_to_100",
                violation_error_message=_("A sale can take off at most 100 percent."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="sale_has_a_while",
                violation_error_message=_("A sale must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SaleKind.values),
                name="sale_kind_known",
                violation_error_message=_("The kind of a sale must be one of the known kinds."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
