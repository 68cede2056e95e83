"""Collections of products."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.limits import COLLECTION_NAME_LENGTH, DESCRIPTION_LENGTH
from catalog.permissions import sees_all
from catalog.products.models import Product
from shop.core.lines import LineField
from shop.core.slugs import SlugField
from shop.core.translations import Member, TranslationsField

COLLECTION_MEMBERS = {
    "name": Member(COLLECTION_NAME_LENGTH),
    "description": Member(DESCRIPTION_LENGTH),
}
"""What of a collection can be translated."""


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Reads of collections."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> CollectionQuerySet:
        """Return published collections; all of them for staff with a permission for them."""
        return self if sees_all(user, "collection") else self.filter(is_published=True)

    def in_sort_order(self) -> CollectionQuerySet:
        """Sort by position, then by name."""
        return self.order_by("position", "name", "pk")


class Collection(models.Model):
    """Products that belong together, such as gifts. A product may be in several collections.

    Without a rule, staff choose the products. With a rule, ``catalog.collections.services`` and the
    worker do.
    """

    name = LineField(max_length=COLLECTION_NAME_LENGTH)
    slug = SlugField(
        max_length=COLLECTION_NAME_LENGTH, unique=True, help_text="The collection's name in URLs."
    )
    description = models.TextField(blank=True, default="")
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Collections are sorted by position, then by name."
    )
    is_published = models.BooleanField(default=True, help_text="Customers see the collection.")
    rule = models.JSONField(
        null=True,
        blank=True,
        help_text="What its products have in common. Empty: staff choose the products.",
    )
    translations = TranslationsField(members=COLLECTION_MEMBERS)
    products = models.ManyToManyField(
        Product, through="CollectionProduct", related_name="collections"
    )

    objects = CollectionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class CollectionProduct(models.Model):
    """A product in a collection. It is never a variant."""

    # No index for this column: that of the unique constraint begins with it.
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "product"],
                name="collectionproduct_once",
                violation_error_message=_("The collection already contains this product."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.collection_id}"
