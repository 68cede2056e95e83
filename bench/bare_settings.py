"""The settings of the shop for the reference views, without middleware."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS.remove("django.contrib.admin")  # noqa: F405 - needs the middleware
ROOT_URLCONF = "bench.bare"
MIDDLEWARE = []
