"""Scheduled jobs that follow the changes of the catalog, also those of a previous release."""

from collections.abc import Callable

from catalog import revision
from catalog.models.progress import CatalogProgress
from shop.core.jobs import is_time_over


def follow_changes(
    job: str, changed_after: Callable[[int, int], list[int]], write: Callable[[list[int]], int]
) -> int:
    """Give the products that have changed since the last run to ``write``, in batches.

    ``changed_after(number, pk)`` returns the next ids after ``pk`` that changed after the revision
    with a number; 0 means all. ``write`` returns the number of products that it has changed, in a
    transaction of its own. Returns the sum. A run whose time is over starts again at the next one.
    """
    progress, _ = CatalogProgress.objects.get_or_create(job=job)
    number = revision.read_revision()[1]
    done, after = 0, 0
    while pks := changed_after(progress.number, after):
        done += write(pks)
        after = pks[-1]
        if is_time_over():
            return done
    CatalogProgress.objects.filter(pk=progress.pk).update(number=number)
    return done
