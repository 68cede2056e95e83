"""The project package as an app, for its management commands."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Makes ``manage.py`` find the commands in ``shop.management``."""

    name = "shop"
