"""Delivery of recorded events to their handlers.

``dispatch`` gives positions to committed events, under one lock and in the order of their ids, and
creates a delivery for each event and handler. A transaction that commits late gets a later
position, so that a reader that continues after its last position does not miss an event.
``deliver_next`` runs one handler. Any number of workers may call both at the same time.
"""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from shop.core.events import HandlerError, Registration, registered
from shop.core.logs import place_of
from shop.core.models import Event, EventDelivery, EventHandler
from shop.core.times import ago, in_future
from shop.core.tracing import working_on
from shop.core.transactions import wait_for_turn

logger = logging.getLogger("shop.events")

BATCH = 500
LEASE = timedelta(minutes=5)
"""The longest time of a handler. After it, another worker may run the same delivery."""
MAX_ATTEMPTS = 12
_FIRST_DELAY = timedelta(seconds=10)
_LONGEST_DELAY = timedelta(hours=1)
RETENTION = timedelta(days=30)

_TURN = 7_305_810_222
_NUMBER = """
UPDATE core_event SET position = numbered.position
FROM (
    SELECT id, %s + row_number() OVER (ORDER BY id) AS position
    FROM core_event WHERE position IS NULL ORDER BY id LIMIT %s
) AS numbered
WHERE core_event.id = numbered.id
"""


def dispatch() -> int:
    """Give positions to committed events, and create deliveries; return the number of events.

    It handles ``BATCH`` events at most, in one transaction: call it until it returns 0.
    """
    with transaction.atomic():
        wait_for_turn(_TURN)
        positions = _positions_of_handlers()
        done = _assign_positions()
        for name, registration in registered().items():
            done += _create_deliveries(registration, positions[name])
    return done


def _last_position() -> int:
    last: int | None = Event.objects.aggregate(last=Max("position"))["last"]
    return last or 0


def _positions_of_handlers() -> dict[str, int]:
    """Return the position of each registered handler; create those that are new."""
    names = list(registered())
    positions = dict(EventHandler.objects.filter(name__in=names).values_list("name", "position"))
    for name in names:
        if name not in positions:
            positions[name] = 0 if registered()[name].from_start else _last_position()
            EventHandler.objects.create(name=name, position=positions[name])
    return positions


def _assign_positions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [_last_position(), BATCH])
        return max(int(cursor.rowcount), 0)


def _create_deliveries(registration: Registration, position: int) -> int:
    """Create the deliveries of the events after ``position``; return the number of events."""
    events = list(Event.objects.after(position).values_list("pk", "kind", "position")[:BATCH])
    if not events:
        return 0
    EventDelivery.objects.bulk_create(
        EventDelivery(event_id=pk, handler=registration.name)
        for pk, kind, _ in events
        if kind in registration.kinds
    )
    EventHandler.objects.filter(name=registration.name).update(position=events[-1][2])
    return len(events)


def deliver_next() -> bool:
    """Run the handler of the delivery that is due first. Return False if none is due.

    The handler runs outside a transaction. Its exception is logged and stored, and not raised.
    Errors of the database outside the handler are raised.
    """
    delivery = _claim()
    if delivery is None:
        return False
    event = delivery.event
    facts = {"event": event.kind, "event_id": event.pk, "handler": delivery.handler}
    with working_on(event.request_id, **facts, **_ids_of(event)):
        _deliver(delivery)
    return True


def _deliver(delivery: EventDelivery) -> None:
    """Call the handler of a claimed delivery, log the result, and store it."""
    start = time.perf_counter()
    try:
        registered()[delivery.handler].handler(delivery.event)
    except (Exception, SystemExit) as error:
        logger.exception("handler %s failed on event %s", delivery.handler, delivery.event_id)
        _note_failure(delivery, _describe(error))
    else:
        milliseconds = round(1000 * (time.perf_counter() - start), 1)
        logger.info(
            "handler %s handled event %s",
            delivery.handler,
            delivery.event_id,
            extra={"facts": {"duration_ms": milliseconds}},
        )
        _note_success(delivery)


def _ids_of(event: Event) -> dict[str, Any]:
    """Return the ids of the order and the payment that an event is about, for the log."""
    ids = {name: event.data[name] for name in ("order_id", "user_id") if name in event.data}
    return {**ids, f"{event.object_type}_id": event.object_id}


def _claim() -> EventDelivery | None:
    """Reserve the next delivery that is due for the time of ``LEASE``, and return it."""
    with transaction.atomic():
        due = EventDelivery.objects.filter(
            done_at=None,
            given_up_at=None,
            next_attempt_at__lte=Now(),
            attempts__lt=MAX_ATTEMPTS,
            handler__in=list(registered()),
        )
        delivery = (
            due.select_for_update(skip_locked=True, no_key=True)
            .order_by("next_attempt_at", "pk")
            .first()
        )
        if delivery is None:
            return None
        row = EventDelivery.objects.filter(pk=delivery.pk)
        row.update(attempts=F("attempts") + 1, next_attempt_at=in_future(LEASE))
        delivery.attempts += 1
        delivery.event = Event.objects.get(pk=delivery.event_id)
    return delivery


def _note_success(delivery: EventDelivery) -> None:
    """Mark a delivery as done, also if another worker has started it again after the lease."""
    EventDelivery.objects.filter(pk=delivery.pk, done_at=None).update(
        done_at=Now(), given_up_at=None, last_error=""
    )


def _note_failure(delivery: EventDelivery, error: str) -> None:
    """Store the error and the time of the next attempt, unless another worker has started it."""
    mine = EventDelivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, done_at=None, given_up_at=None
    )
    if delivery.attempts >= MAX_ATTEMPTS:
        mine.update(given_up_at=Now(), last_error=error)
        return
    delay = min(_FIRST_DELAY * 2 ** (delivery.attempts - 1), _LONGEST_DELAY)
    mine.update(next_attempt_at=in_future(delay), last_error=error)


def give_up_interrupted() -> int:
    """Give up deliveries whose last attempt did not end, because its process died or hung.

    Return their number.
    """
    return EventDelivery.objects.filter(
        done_at=None,
        given_up_at=None,
        next_attempt_at__lte=Now(),
        attempts__gte=MAX_ATTEMPTS,
    ).update(given_up_at=Now(), last_error="The worker ended before the handler did.")


def try_again(deliveries: Iterable[EventDelivery]) -> int:
    """Make deliveries that were given up due now, with all attempts; return their number."""
    return EventDelivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries], given_up_at__isnull=False
    ).update(given_up_at=None, attempts=0, next_attempt_at=Now())


def delete_done_deliveries(limit: int) -> int:
    """Delete at most ``limit`` deliveries that were done over 30 days ago; return their number."""
    old = EventDelivery.objects.filter(done_at__lt=ago(RETENTION)).order_by("done_at")
    return EventDelivery.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:limit])
    ).delete()[0]


def _describe(error: Exception | SystemExit) -> str:
    """Return the message of a HandlerError, or the class and the place of another exception."""
    if isinstance(error, HandlerError):
        return str(error)[:200]
    return place_of(error)
