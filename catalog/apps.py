"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products, categories, prices, images, stock and search."""

    name = "catalog"

    def ready(self) -> None:
        """Connect the signal that adds the search function to SQLite; let workers download."""
        import catalog.search.text  # noqa: F401, PLC0415
        from catalog.images import downloads  # noqa: PLC0415 - it imports models
        from shop.core import tasks  # noqa: PLC0415

        tasks.register_due("image downloads", downloads.enqueue_due)
