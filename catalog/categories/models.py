"""The tree of categories, and which category lies below which."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from catalog.limits import CATEGORY_NAME_LENGTH
from catalog.permissions import sees_all


class CategoryQuerySet(models.QuerySet["Category"]):
    """Reads of categories."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> CategoryQuerySet:
        """Categories that are published with all above them; all for staff who may see them."""
        if sees_all(user, "category"):
            return self
        hidden = CategoryLink.objects.filter(category=OuterRef("pk"), above__is_published=False)
        return self.filter(~Exists(hidden))

    def in_order(self) -> CategoryQuerySet:
        """As shoppers read them, siblings by position and then by name."""
        return self.order_by("position", "name", "pk")


class Category(models.Model):
    """A category of products. Only ``catalog.categories.services`` writes ``parent``."""

    name = models.CharField(max_length=CATEGORY_NAME_LENGTH)
    slug = models.SlugField(
        max_length=CATEGORY_NAME_LENGTH, unique=True, help_text="Its name in links."
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Low comes first.")
    is_published = models.BooleanField(
        default=True, help_text="Customers see it, if they see all above it."
    )

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="category_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CategoryLink(models.Model):
    """``category`` is ``above`` itself or lies below it: the closure of the tree.

    Derived from ``Category.parent`` in the transaction that changes it, so that all below a
    category is found by an index, at any depth.
    """

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="links_up")
    above = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="links_down")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["category", "above"], name="categorylink_once"),
        ]

    def __str__(self) -> str:
        return f"{self.category_id} in {self.above_id}"
