"""Images of products."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.limits import ALT_LENGTH, IMAGE_URL_LENGTH
from catalog.products.models import Product


class ProductImage(models.Model):
    """An image: two files that we processed, or the address of one on another host.

    ``large`` and ``small`` are made from what was uploaded, so that they hold nothing but pixels.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    large = models.ImageField(upload_to="products", blank=True, editable=False)
    small = models.ImageField(upload_to="products", blank=True, editable=False)
    source_url = models.URLField(
        max_length=IMAGE_URL_LENGTH,
        blank=True,
        default="",
        help_text="Of a picture that another host shows.",
    )
    alt = models.CharField(
        max_length=ALT_LENGTH,
        blank=True,
        default="",
        help_text="What it shows, for who cannot see it.",
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Low comes first.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(large="") & Q(small="") & ~Q(source_url=""))
                | (~Q(large="") & ~Q(small="") & Q(source_url="")),
                name="productimage_is_ours_or_theirs",
            ),
        ]
        indexes = [
            models.Index(fields=["product", "position", "id"], name="productimage_in_order"),
        ]

    def __str__(self) -> str:
        return self.alt or f"Picture {self.pk}"
