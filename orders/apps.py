"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders and their events."""

    name = "orders"
