"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products and stock."""

    name = "catalog"
