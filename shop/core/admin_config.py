"""The configuration of Django's admin in the shop."""

from django.contrib.admin.apps import AdminConfig


class ShopAdminConfig(AdminConfig):
    """Uses the shop's admin site."""

    default = False
    default_site = "shop.core.admin.site.ShopAdminSite"
