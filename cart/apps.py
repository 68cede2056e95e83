"""The configuration of the cart app."""

from django.apps import AppConfig


class CartConfig(AppConfig):
    """Carts and their prices."""

    name = "cart"

    def ready(self) -> None:
        """Register the system checks."""
        from cart import checks  # noqa: F401, PLC0415 - importing it registers them
