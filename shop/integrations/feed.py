"""The feed of events, which other systems read by position."""

from typing import NamedTuple

from django.db.models import Max

from shop.core.models import Event
from shop.integrations.errors import PositionUnknown

DEFAULT_LIMIT, MAX_LIMIT = 100, 500


class Page(NamedTuple):
    """Public events by position, and the position to continue after."""

    events: list[Event]
    next: int
    has_more: bool


def read_events(*, after: int, limit: int) -> Page:
    """Return the public events after a position. Raises PositionUnknown.

    A reader that continues after ``next`` misses no event: one that is committed late gets a later
    position. ``next`` passes over internal events, so that a page never takes longer because there
    were many.
    """
    last = Event.objects.aggregate(last=Max("position"))["last"] or 0
    if after > last:
        raise PositionUnknown(last=last)
    found = list(Event.objects.public().with_sequence().after(after)[: limit + 1])
    page = found[:limit]
    if len(found) > limit:
        return Page(page, page[-1].position or 0, has_more=True)
    return Page(page, max([last, *(event.position or 0 for event in page)]), has_more=False)
