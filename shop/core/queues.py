"""The queues of background tasks (``shop.core.tasks``)."""

from datetime import timedelta

DEFAULT = "default"
MAIL = "mail"
WEBHOOKS = "webhooks"

LIMITS = {
    DEFAULT: timedelta(minutes=10),
    MAIL: timedelta(minutes=5),
    WEBHOOKS: timedelta(minutes=2),
}
"""The longest time of a task in each queue. After it, another worker may run the task again."""
