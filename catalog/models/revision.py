"""The revision of the catalog, which the response cache, ETags and the changes feed use."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CatalogRevision(models.Model):
    """A single row. Every transaction that changes the public catalog increments ``number``.

    ``epoch`` is random, so a database that was created again never repeats an old ETag.
    """

    ONLY: ClassVar[int] = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    number = models.BigIntegerField(default=1)
    epoch = models.CharField(max_length=16)
    all_changed_in = models.BigIntegerField(
        default=0, db_default=0, help_text="The last revision that changed all products."
    )

    ranked_at = models.DateTimeField(
        null=True, help_text="When the sales of the products were last counted."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(id=1),
                name="catalogrevision_is_one_row",
                violation_error_message=_("The catalog can only have one revision."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"
