"""The spellings of brands and tags.

Products have a brand and tags as they were written. Two texts that differ only in case, spaces or
the form of their characters are one brand or one tag: they have the same key.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.limits import BRAND_LENGTH


class SpellingKind(models.TextChoices):
    """What is spelled."""

    BRAND = "brand", "Brand"
    TAG = "tag", "Tag"


class Spelling(models.Model):
    """A text that a product has, or has had, as its brand or as a tag."""

    kind = models.CharField(max_length=10, choices=SpellingKind.choices)
    text = models.CharField(max_length=BRAND_LENGTH)
    key = models.CharField(
        max_length=BRAND_LENGTH, help_text="The text without case, in one form of its characters."
    )

    class Meta:
        default_permissions = ()
        constraints = [
            # GET /api/products/?include=facets
            models.UniqueConstraint(
                fields=["kind", "text"],
                name="spelling_once",
                violation_error_message=_("This spelling is known already."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SpellingKind.values),
                name="spelling_kind_known",
                violation_error_message=_("A spelling belongs to a brand or to a tag."),
            ),
        ]
        indexes = [
            # GET /api/products/?brand=, ?tag=
            models.Index(fields=["kind", "key", "text"], name="spelling_by_key"),
        ]

    def __str__(self) -> str:
        return self.text
