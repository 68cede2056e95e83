"""The roof as an app: it brings the management commands."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Makes ``manage.py`` find the commands in ``shop.management``."""

    name = "shop"
