"""Configuration that staff edit in the database: shipping, taxes, promotions.

A process keeps the configuration that it has read, with its revision. Each write of configuration
sets a new revision in the same transaction. Whoever needs the configuration reads the revision with
a statement that it executes anyway (``current_revision``), and the configuration only if it has
changed. So every request uses what was committed before it, whichever worker responds.
"""

from collections.abc import Iterable
from secrets import token_hex
from typing import Any, ClassVar, Literal, TypeVar

from django.db import models, transaction
from django.db.models import CharField, Subquery, Value
from django.db.models.functions import Concat

from shop.core.models import ConfigurationRevision

Part = Literal["shipping", "taxes", "promotions"]
"""The parts of the configuration, each with a revision of its own."""

M = TypeVar("M", bound="ConfigurationModel")


def bump(part: Part) -> None:
    """Set a new revision of a part of the configuration.

    Needs the transaction that changes the configuration, and locks the row of revisions until it
    ends, after all other rows. One statement.
    """
    row = ConfigurationRevision(pk=1, **{part: token_hex(8)})
    ConfigurationRevision.objects.bulk_create(
        [row], update_conflicts=True, update_fields=[part], unique_fields=["id"]
    )


def current_revision() -> Subquery:
    """Return the expression of the revision of all parts, a text; NULL before the first write.

    For a statement that is executed anyway. It locks nothing.
    """
    row = ConfigurationRevision.objects.filter(pk=1).order_by()
    text = Concat(
        "shipping", Value(" "), "taxes", Value(" "), "promotions", output_field=CharField()
    )
    return Subquery(row.values_list(text))


class ConfigurationQuerySet(models.QuerySet[M]):
    """Rows of configuration. Each write sets a new revision in its transaction."""

    def update(self, **values: Any) -> int:
        """Update the rows."""
        with transaction.atomic(using=self.db):
            count = super().update(**values)
            bump(self.model.part)
        return count

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows."""
        with transaction.atomic(using=self.db):
            deleted = super().delete()
            bump(self.model.part)
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        """Insert the rows."""
        with transaction.atomic(using=self.db):
            created = super().bulk_create(objs, *args, **kwargs)
            bump(self.model.part)
        return created


class ConfigurationModel(models.Model):
    """The base of configuration. Saving or deleting a row sets a new revision of ``part``.

    Each write is a transaction, or a part of the current one.
    """

    part: ClassVar[Part]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row. Raises what ``check_rules`` raises."""
        with transaction.atomic():
            self.check_rules()
            super().save(*args, **kwargs)
            bump(self.part)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row."""
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            bump(self.part)
        return deleted

    def check_rules(self) -> None:
        """Raise an error for a rule that is not a constraint. Locks what the rule is about."""
