"""Scheduled jobs that complete the catalog, or follow its changes, in batches."""

from collections.abc import Callable

from catalog import revision
from catalog.models.progress import CatalogProgress
from shop.core.jobs import is_time_over


def in_batches(next_ids: Callable[[int], list[int]], write: Callable[[list[int]], None]) -> int:
    """Give ids to ``write`` in batches until there are no more or the time is over.

    ``next_ids(pk)`` returns the next ids after ``pk``. Returns the number of ids.
    """
    after, done = 0, 0
    while not is_time_over() and (ids := next_ids(after)):
        write(ids)
        after, done = ids[-1], done + len(ids)
    return done


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
