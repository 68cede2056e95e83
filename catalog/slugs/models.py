"""Earlier slugs of products and categories."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.categories.models import Category
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.products.models import Product
from shop.core.slugs import SlugField


class EarlierSlug(models.Model):
    """A slug that a product or a category has had. Its address redirects to the present one."""

    slug = SlugField(max_length=PRODUCT_NAME_LENGTH, db_index=False)
    product = models.ForeignKey(
        Product, null=True, on_delete=models.CASCADE, related_name="earlier_slugs"
    )
    category = models.ForeignKey(
        Category, null=True, on_delete=models.CASCADE, related_name="earlier_slugs"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(product=None, category__isnull=False)
                | Q(product__isnull=False, category=None),
                name="earlierslug_of_one_thing",
                violation_error_message=_("An earlier slug belongs to a product or to a category."),
            ),
            # GET /api/products/<slug>/
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(product__isnull=False),
                name="earlierslug_of_one_product",
                violation_error_message=_("Another product has had this slug."),
            ),
            # GET /api/categories/<slug>/
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(category__isnull=False),
                name="earlierslug_of_one_category",
                violation_error_message=_("Another category has had this slug."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.slug)
