"""What a product costs, and when: the prices that it had, and the sales that lower it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from catalog.categories.models import Category
from catalog.limits import SALE_NAME_LENGTH
from catalog.permissions import sees_all
from catalog.products.models import Product
from shop.core.money import MAX_DIGITS


class PriceChange(models.Model):
    """A price from ``created_at`` on, sales not counted; append-only.

    Kept for the lowest price of the 30 days before a reduction, which Directive 98/6/EC,
    article 6a, wants shown beside it.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="price_changes")
    price = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["product", "-id"], name="pricechange_of_product")]

    def __str__(self) -> str:
        return f"{self.price} from {self.created_at:%Y-%m-%d %H:%M}"


class SaleKind(models.TextChoices):
    """How a sale lowers a price."""

    PERCENT = "percent", "Percent off"
    FIXED = "fixed", "Amount off"


class SaleQuerySet(models.QuerySet["Sale"]):
    """Reads of sales, by the database's clock."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> SaleQuerySet:
        """All sales for staff who may see them, and none for others."""
        return self if sees_all(user, "sale") else self.none()

    def begun(self) -> SaleQuerySet:
        """Those that are on, or were."""
        return self.filter(starts_at__lte=Now())

    def active(self) -> SaleQuerySet:
        """Those that are on now."""
        return self.begun().filter(Q(ends_at=None) | Q(ends_at__gt=Now()))


class Sale(models.Model):
    """Lower prices from ``starts_at`` until ``ends_at``, of products and of whole categories.

    Nothing is written when it begins or ends: a price is worked out when it is read.
    """

    name = models.CharField(max_length=SALE_NAME_LENGTH)
    kind = models.CharField(max_length=10, choices=SaleKind.choices)
    value = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        help_text="Percent, or an amount in the shop's currency.",
    )
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField(null=True, blank=True, db_index=True)
    products = models.ManyToManyField(Product, blank=True, related_name="sales")
    categories = models.ManyToManyField(
        Category, blank=True, related_name="sales", help_text="With all that lies below them."
    )
    changed_in = models.BigIntegerField(
        default=0, editable=False, help_text="The catalogue's revision that changed it last."
    )

    objects = SaleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="sale_lowers"),
            models.CheckConstraint(
                condition=~Q(kind=SaleKind.PERCENT) | Q(value__lte=100), name="sale_percent_to_100"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="sale_has_a_while"
            ),
            models.CheckConstraint(condition=Q(kind__in=SaleKind.values), name="sale_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name
