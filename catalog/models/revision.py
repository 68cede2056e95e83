"""The catalogue's revision: what cached answers, ETags and the feed of changes are counted by."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class CatalogRevision(models.Model):
    """One row, which every write that changes a public answer bumps in its own transaction.

    ``epoch`` is random, so that a database made anew never repeats an old ETag.
    """

    ONLY: ClassVar[int] = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    number = models.BigIntegerField(default=1)
    epoch = models.CharField(max_length=16)
    all_changed_in = models.BigIntegerField(
        default=0, db_default=0, help_text="The revision since which any product may have changed."
    )

    ranked_at = models.DateTimeField(
        null=True, help_text="When it was last counted what products sell."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="catalogrevision_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"
