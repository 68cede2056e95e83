"""The app ``core``: the tables of idempotency keys, rate limits and events."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Sets the label ``core``, and registers the system checks and the signals of the app."""

    name = "shop.core"
    label = "core"

    def ready(self) -> None:
        """Register system checks, signal receivers and readings."""
        from shop.core import checks, sqlite  # noqa: F401, PLC0415 - importing it registers them
        from shop.core.metrics import register, sources  # noqa: PLC0415 - it imports models
        from shop.engine import checks as engine_checks  # noqa: F401, PLC0415 - so does this

        register(sources.read)
