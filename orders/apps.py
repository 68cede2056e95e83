"""The configuration of the orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, their items and their timelines."""

    name = "orders"

    def ready(self) -> None:
        """Register the readings of orders."""
        from orders.metrics import read  # noqa: PLC0415 - it imports models
        from shop.core.metrics import register  # noqa: PLC0415

        register(read)
