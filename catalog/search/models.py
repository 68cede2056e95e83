"""Synonyms, which staff maintain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.limits import SYNONYMS_LENGTH
from catalog.permissions import sees_all

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser, AnonymousUser


class SynonymQuerySet(models.QuerySet["Synonym"]):
    """Reads of synonyms."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> SynonymQuerySet:
        """Return all groups for staff with a permission for synonyms, and none for others."""
        return self if sees_all(user, "synonym") else self.none()


class Synonym(models.Model):
    """A group of words that searches treat as the same. Only the services write it."""

    words = models.CharField(
        max_length=SYNONYMS_LENGTH,
        help_text="Words with the same meaning, separated by commas, such as: sofa, couch, settee.",
    )

    objects = SynonymQuerySet.as_manager()

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
