"""The settings of the tests: those of the shop, with a fixed environment.

The ``.env`` file and the environment of the developer have no effect, except for DATABASE_URL and
SHOP_ENGINE.
"""

import os
from secrets import token_urlsafe

for _name in (
    "BODY_TIMEOUT",
    "CORS_ALLOWED_ORIGINS",
    "CSRF_TRUSTED_ORIGINS",
    "DRAIN_SECONDS",
    "EXTRA_APPS",
    "HEADER_TIMEOUT",
    "MAX_CONNECTIONS",
    "MEDIA_BUCKET",
    "MEDIA_DOMAIN",
    "MEDIA_ENDPOINT",
    "MEDIA_ROOT",
    "METRICS_TOKEN",
    "NUM_PROXIES",
    "ORDER_PAYMENT_WINDOW",
    "PAYMENT_CAPTURE",
    "PUBLIC_URL",
    "REQUESTS_PER_ADDRESS",
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
