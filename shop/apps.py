"""The project package as an app, for its management commands."""

from django.apps import AppConfig

from shop.names import translate_names


class ShopConfig(AppConfig):
    """Makes ``manage.py`` find ``shop.management``, and translates the names of all models."""

    name = "shop"

    def ready(self) -> None:
        """Translate the names of models and fields for the admin."""
        translate_names()
