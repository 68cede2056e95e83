"""The configuration of the cart app."""

from django.apps import AppConfig


class CartConfig(AppConfig):
    """Carts and their prices."""

    name = "cart"

    def ready(self) -> None:
        """Register the system checks, and delete the carts of accounts that are deleted."""
        from accounts.hooks import on_account_deleted  # noqa: PLC0415
        from cart import checks  # noqa: F401, PLC0415 - importing it registers them
        from cart.deletion import forget_carts  # noqa: PLC0415

        on_account_deleted(forget_carts)
