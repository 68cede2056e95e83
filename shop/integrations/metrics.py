"""The readings of webhooks, for ``/metrics`` and the admin."""

from collections.abc import Iterator

from shop.core.metrics import Reading
from shop.core.metrics.queries import age_of_first
from shop.integrations.models import WebhookDelivery, WebhookEndpoint

_MOST = 10_000


def read() -> Iterator[Reading]:
    """Yield the deliveries that wait, the age of the oldest, and the deactivated endpoints."""
    waiting = WebhookDelivery.objects.waiting()
    yield Reading(
        "shop_webhooks_waiting",
        f"Webhooks that were not accepted yet, at most {_MOST}.",
        waiting[:_MOST].count(),
    )
    yield Reading(
        "shop_webhook_oldest_waiting_age_seconds",
        "Age of the oldest webhook that was not accepted yet; 0 if there is none.",
        age_of_first(waiting),
    )
    yield Reading(
        "shop_webhook_endpoints_deactivated",
        "Webhook endpoints that the shop has deactivated after failures.",
        WebhookEndpoint.objects.exclude(deactivation="").count(),
    )
