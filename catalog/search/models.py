"""Synonyms, which staff maintain."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.limits import SYNONYMS_LENGTH


class Synonym(models.Model):
    """A group of words that searches treat as the same. Only the services write it."""

    words = models.CharField(
        max_length=SYNONYMS_LENGTH,
        help_text="Words with the same meaning, separated by commas, such as: sofa, couch, settee.",
    )

    class Meta:
        ordering = ("words",)
        constraints = [
            models.CheckConstraint(
                condition=Q(words__contains=","),
                name="synonym_has_two_words",
                violation_error_message=_("Please enter at least two words, separated by a comma."),
            )
        ]

    def __str__(self) -> str:
        return self.words
