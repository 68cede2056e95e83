"""The configuration of the orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, their items and their timelines."""

    name = "orders"

    def ready(self) -> None:
        """Register the readings of orders, and what accounts and carts ask of orders."""
        from accounts.hooks import on_email_verified  # noqa: PLC0415
        from cart import first_orders  # noqa: PLC0415
        from orders.history import has_ordered  # noqa: PLC0415
        from orders.metrics import read  # noqa: PLC0415 - it imports models
        from orders.services import (  # noqa: PLC0415
            join_account_of_address,
            join_orders_of_guests,
        )
        from orders.services.joining import SECURED  # noqa: PLC0415
        from shop.core import events  # noqa: PLC0415
        from shop.core.metrics import register  # noqa: PLC0415

        register(read)
        first_orders.register(has_ordered)
        on_email_verified(join_orders_of_guests)
        events.register(SECURED, join_account_of_address, name="orders.joining")
