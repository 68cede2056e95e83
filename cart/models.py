"""Carts: each user has at most one open cart, with at most one item for each product."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from shop.core.metadata import HasMetadata

MAX_QUANTITY = 999
MAX_ITEMS = 100


class CartStatus(models.TextChoices):
    """The status of a cart. Only an open cart can change."""

    OPEN = "open", "Open"
    ORDERED = "ordered", "Ordered"


class CartQuerySet(models.QuerySet["Cart"]):
    """Selects carts."""

    def visible_to(self, user_id: int) -> CartQuerySet:
        """Return the user's own carts, also for staff.

        Takes an id, and not a user, so that statements can be compiled for any user.
        """
        return self.filter(user_id=user_id)

    def open_of(self, user_id: int) -> CartQuerySet:
        """Return the user's open cart, if there is one."""
        return self.visible_to(user_id).filter(status=CartStatus.OPEN)


class Cart(HasMetadata):
    """The products that a user may buy. Only ``cart.services`` writes ``status``."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="carts"
    )
    status = models.CharField(
        max_length=10, choices=CartStatus.choices, default=CartStatus.OPEN, editable=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CartQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status=CartStatus.OPEN),
                name="cart_one_open_per_user",
                violation_error_message=_("A user can have only one open cart."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=CartStatus.values),
                name="cart_status_known",
                violation_error_message=_(
                    "The status of a cart must be one of the known statuses."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Cart {self.pk}"


class CartItem(models.Model):
    """A product in a cart, with its quantity."""

    # No index for this column: the unique index of cart and product begins with it.
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "product"],
                name="cartitem_one_line_per_product",
                violation_error_message=_("A cart can contain each product only once."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="cartitem_quantity_1_to_999",
                violation_error_message=_("The quantity of a cart item must be between 1 and 999."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × product {self.product_id}"
