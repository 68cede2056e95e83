"""Categories, and the closure of their tree."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from catalog.limits import CATEGORY_NAME_LENGTH, SEO_DESCRIPTION_LENGTH, SEO_TITLE_LENGTH
from catalog.permissions import sees_all
from shop.core.lines import LineField
from shop.core.slugs import SlugField


class CategoryQuerySet(models.QuerySet["Category"]):
    """Reads of categories."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> CategoryQuerySet:
        """Return categories that are published with all their ancestors.

        Staff with a permission for categories see all of them.
        """
        if sees_all(user, "category"):
            return self
        hidden = CategoryLink.objects.filter(category=OuterRef("pk"), above__is_published=False)
        return self.filter(~Exists(hidden))

    def in_sort_order(self) -> CategoryQuerySet:
        """Sort siblings by position, then by name."""
        return self.order_by("position", "name", "pk")


class Category(models.Model):
    """A category of products. Only ``catalog.categories.services`` writes ``parent``."""

    name = LineField(max_length=CATEGORY_NAME_LENGTH)
    slug = SlugField(
        max_length=CATEGORY_NAME_LENGTH, unique=True, help_text="The category's name in URLs."
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Categories are sorted by position, then by name."
    )
    is_published = models.BooleanField(
        default=True, help_text="Customers see the category if all its ancestors are published too."
    )
    seo_title = LineField(
        "SEO title",
        max_length=SEO_TITLE_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="The title of its page for search engines; empty for the name.",
    )
    seo_description = models.CharField(
        "SEO description",
        max_length=SEO_DESCRIPTION_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="What search engines show of its page.",
    )

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="category_not_its_own_parent",
                violation_error_message=_("A category cannot be its own parent."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CategoryLink(models.Model):
    """A pair of a category and ``above``, which is the category itself or one of its ancestors.

    The links are the transitive closure of the tree, so an index finds all descendants at any
    depth. The services derive them from ``Category.parent`` in the same transaction.
    """

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="links_up")
    above = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="links_down")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["category", "above"],
                name="categorylink_once",
                violation_error_message=_("This link between two categories already exists."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category_id} in {self.above_id}"
