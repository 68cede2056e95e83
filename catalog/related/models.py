"""Related products."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.products.models import Product


class RelatedProduct(models.Model):
    """A product that is shown with another one. Only ``catalog.related.services`` writes it."""

    # No index for this column: that of the unique constraint begins with it.
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="related", db_index=False
    )
    # No index either: products are archived, not deleted, and nothing else searches by it.
    related = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="related_to", db_index=False
    )
    position = models.PositiveSmallIntegerField(help_text="The most related one is first.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "related"],
                name="relatedproduct_once",
                violation_error_message=_("The products are related already."),
            ),
            models.CheckConstraint(
                condition=~Q(product=F("related")),
                name="relatedproduct_not_itself",
                violation_error_message=_("A product is not related to itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.related_id} with {self.product_id}"
