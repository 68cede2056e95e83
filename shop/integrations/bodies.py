"""The body of an event, which webhooks and the feed share."""

from datetime import UTC
from typing import Any

import orjson

from shop.core.models import Event

_OWN = ("position", "object_type", "object_id", "sequence")


def body_of(event: Event) -> dict[str, Any]:
    """Return the body of a public event, which was read ``with_sequence()``.

    It has ids, numbers, amounts, codes and statuses only. It is the same each time.
    """
    own = {name: getattr(event, name) for name in _OWN}
    occurred = event.created_at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "type": event.kind,
        "timestamp": occurred.replace("+00:00", "Z"),
        "data": {**event.data, "event_id": event.pk, **own},
    }


def serialize_event(event: Event) -> bytes:
    """Return the body as bytes, which are signed and sent."""
    return orjson.dumps(body_of(event))
