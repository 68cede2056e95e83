"""The shop's settings around the yardsticks alone, without a middleware."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS.remove("django.contrib.admin")  # noqa: F405 - it wants the middlewares
ROOT_URLCONF = "bench.bare"
MIDDLEWARE = []
