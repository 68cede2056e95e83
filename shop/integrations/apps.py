"""The app ``shop_integrations``."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Webhooks and the feed of events."""

    name = "shop.integrations"
    label = "shop_integrations"
    verbose_name = "Integrations"

    def ready(self) -> None:
        """Let workers send what is due, and register the readings."""
        from shop.core import metrics, tasks  # noqa: PLC0415 - they import models
        from shop.integrations import sending  # noqa: PLC0415
        from shop.integrations.metrics import read  # noqa: PLC0415

        metrics.register(read)
        tasks.register_due("webhooks", sending.enqueue_due)
