"""Changes of products, their prices and their stock."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.limits import REASON_LENGTH
from catalog.permissions import sees_all
from catalog.products.models import Product
from shop.core.tracing import MAX_ID

FIELD_LENGTH = 50
VALUE_LENGTH = 500
"""The largest number of characters of a value that is kept."""


class ChangedBy(models.TextChoices):
    """How a value was changed."""

    ADMIN = "admin", _("Admin")
    API = "api", _("API")
    IMPORT = "import", _("Import")
    SYSTEM = "system", _("Command")


class ProductChangeQuerySet(models.QuerySet["ProductChange"]):
    """Reads of changes."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> "ProductChangeQuerySet":
        """Return all changes for staff with a permission for them, and none for others."""
        return self if sees_all(user, "productchange") else self.none()


class ProductChange(models.Model):
    """A value of a product or variant that was changed. Append-only.

    ``old`` and ``new`` are texts for people. A product that was created has one row, with the field
    ``created``. Stock that orders take and return has movements only.
    """

    # No index: the one below begins with this column.
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="changes", db_index=False
    )
    field = models.CharField(max_length=FIELD_LENGTH, help_text="Such as price.")
    old = models.CharField(max_length=VALUE_LENGTH, blank=True)
    new = models.CharField(max_length=VALUE_LENGTH, blank=True)
    # No index: the admin's search begins with the newest rows.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    how = models.CharField(max_length=10, choices=ChangedBy.choices)
    detail = models.CharField(
        max_length=REASON_LENGTH, blank=True, help_text="The reason, or the file of an import."
    )
    request_id = models.CharField(max_length=MAX_ID, null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ProductChangeQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "product changes"
        constraints = [
            models.CheckConstraint(
                condition=Q(how__in=ChangedBy.values),
                name="productchange_how_known",
                violation_error_message=_("A change must be made in one of the known ways."),
            ),
            models.CheckConstraint(
                condition=~Q(field=""),
                name="productchange_names_field",
                violation_error_message=_("A change must name the field that was changed."),
            ),
        ]
        indexes = [
            # the admin's list of the changes of a product
            models.Index(fields=["product", "id"], name="productchange_by_product"),
        ]

    def __str__(self) -> str:
        return f"{self.field} of product {self.product_id}"
