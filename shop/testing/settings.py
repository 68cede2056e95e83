"""The settings of the tests: those of the shop, with a fixed environment.

The ``.env`` file and the environment of the developer have no effect, except for DATABASE_URL and
SHOP_ENGINE.
"""

import os
from secrets import token_urlsafe

for _name in (
    "ACCESS_TOKEN_LIFETIME",
    "BANK_TRANSFER_MAXIMUM",
    "BODY_TIMEOUT",
    "CASH_ON_DELIVERY_ACCEPT",
    "CASH_ON_DELIVERY_MAXIMUM",
    "CORS_ALLOWED_ORIGINS",
    "CSRF_TRUSTED_ORIGINS",
    "EXTRA_APPS",
    "HEADER_TIMEOUT",
    "JWT_SIGNING_KEY_FALLBACKS",
    "MAX_CONNECTIONS",
    "MAX_OPEN_ORDERS",
    "MAX_UNITS_HELD",
    "MEDIA_BUCKET",
    "MEDIA_DOMAIN",
    "MEDIA_ENDPOINT",
    "MEDIA_ROOT",
    "NUM_PROXIES",
    "ORDER_PAYMENT_WINDOW",
    "PAYMENT_CAPTURE",
    "PUBLIC_URL",
    "REFRESH_TOKEN_GRACE",
    "REQUESTS_PER_ADDRESS",
    "SECRET_KEY_FALLBACKS",
    "SHOP_CURRENCY",
    "STRIPE_API_BASE",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "TRUST_PROXY_HEADERS",
    "UPLOAD_TIMEOUT",
    "WORKER_PINNING",
):
    os.environ.pop(_name, None)

os.environ.update(
    {
        "DEBUG": "false",
        "SECRET_KEY": token_urlsafe(48),
        "JWT_SIGNING_KEY": token_urlsafe(48),
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "DATABASE_URL": os.environ.get("DATABASE_URL") or "sqlite:///db.sqlite3",
        "DEMO_PAYMENTS": "true",
        "CASH_ON_DELIVERY_ACCEPT": "always",
        "PAYMENT_METHODS": "card,bank_transfer,cash_on_delivery",
        "THROTTLE": "true",
        "SECURE_SSL_REDIRECT": "false",
        "DEVELOPMENT_APPS": "zeal",
    }
)

from shop.settings import *  # noqa: E402, F403 - reads the environment

# The manifest storage of production needs collectstatic.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
WHITENOISE_AUTOREFRESH = True  # no warning about the missing folder of static files

# pytest captures this handler; shop/core/tests/test_logs.py tests the other one.
LOGGING["root"]["handlers"] = ["console"]
