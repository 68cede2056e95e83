"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products, categories, prices, images, stock and search."""

    name = "catalog"

    def ready(self) -> None:
        """Let changes of categories outdate the words of their products."""
        from catalog.categories.services import words_changed  # noqa: PLC0415 - not before models
        from catalog.indexing.services import outdate_category  # noqa: PLC0415

        words_changed.register(outdate_category)
