"""The task that sends a message."""

from shop.core.queues import MAIL
from shop.core.tasks import task
from shop.mail import sending


@task(queue_name=MAIL)
def send_message(message_pk: int) -> None:
    """Send a message, unless it has ended, is not due or another worker is sending it."""
    sending.send(message_pk)
