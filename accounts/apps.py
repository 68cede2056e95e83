"""The configuration of the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users and sign-in."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the receivers of the security log."""
        import accounts.security_events  # noqa: F401, PLC0415
