"""The readings of messages, for ``/metrics`` and the admin."""

from collections.abc import Iterator

from shop.core.metrics import Reading
from shop.core.metrics.queries import age_of_first
from shop.mail.models import Message

_MOST = 10_000


def read() -> Iterator[Reading]:
    """Yield the number of messages that wait, and the age of the oldest."""
    waiting = Message.objects.waiting()
    yield Reading(
        "shop_messages_waiting",
        f"Messages that were not sent yet, at most {_MOST}.",
        waiting[:_MOST].count(),
    )
    yield Reading(
        "shop_message_oldest_waiting_age_seconds",
        "Age of the oldest message that was not sent yet; 0 if there is none.",
        age_of_first(waiting),
    )
