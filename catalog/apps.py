"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products, categories, prices, images, stock and search."""

    name = "catalog"

    def ready(self) -> None:
        """Let workers download images, and changes of categories outdate their products' words."""
        from catalog.categories.services import words_changed  # noqa: PLC0415 - it imports models
        from catalog.images import downloads  # noqa: PLC0415
        from catalog.indexing.services import outdate_category  # noqa: PLC0415
        from shop.core import tasks  # noqa: PLC0415

        words_changed.register(outdate_category)
        tasks.register_due("image downloads", downloads.enqueue_due)
