"""The ground floor as an app: it owns the idempotency and rate-limit tables."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Names the app ``core``, and registers its system checks."""

    name = "shop.core"
    label = "core"

    def ready(self) -> None:
        """Register the system checks, which Django asks for at this point."""
        from shop.core import checks, sqlite  # noqa: F401, PLC0415 - importing it registers them
        from shop.engine import checks as engine_checks  # noqa: F401, PLC0415 - so does this
