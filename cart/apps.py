"""The configuration of the cart app."""

from django.apps import AppConfig


class CartConfig(AppConfig):
    """Carts and their prices."""

    name = "cart"
