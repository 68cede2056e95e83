"""The configuration of the cart app."""

from django.apps import AppConfig


class CartConfig(AppConfig):
    """Carts and their prices."""

    name = "cart"

    def ready(self) -> None:
        """Register the system checks, and what happens to carts when an account changes."""
        from accounts.hooks import on_account_deleted  # noqa: PLC0415
        from accounts.sign_in import on_sign_in  # noqa: PLC0415
        from cart import checks  # noqa: F401, PLC0415 - importing it registers them
        from cart.deletion import forget_carts  # noqa: PLC0415
        from cart.merging import merge_at_sign_in  # noqa: PLC0415

        on_account_deleted(forget_carts)
        on_sign_in(merge_at_sign_in)
