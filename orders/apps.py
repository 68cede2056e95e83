"""The configuration of the orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, their items and their timelines."""

    name = "orders"
