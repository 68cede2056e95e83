"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products, categories, prices, images, stock and search."""

    name = "catalog"

    def ready(self) -> None:
        """Connect the signal that adds the search function to SQLite."""
        import catalog.search.text  # noqa: F401, PLC0415
