"""The task that sends webhooks."""

from shop.core.queues import WEBHOOKS
from shop.core.tasks import task
from shop.integrations import sending


@task(queue_name=WEBHOOKS)
def send_webhooks(endpoint_id: int) -> None:
    """Send what is due to an endpoint, unless other workers are sending it."""
    sending.send_due(endpoint_id)
