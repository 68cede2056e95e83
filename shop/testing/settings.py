"""The shop's settings under a fixed environment, for tests alone.

A developer's own ``.env`` and shell decide nothing here but DATABASE_URL, which names the server
that the suite runs on.
"""

import os

for _name in (
    "BODY_TIMEOUT",
    "CORS_ALLOWED_ORIGINS",
    "CSRF_TRUSTED_ORIGINS",
    "EXTRA_APPS",
    "HEADER_TIMEOUT",
    "MAX_CONNECTIONS",
    "MEDIA_BUCKET",
    "MEDIA_DOMAIN",
    "MEDIA_ENDPOINT",
    "MEDIA_ROOT",
    "NUM_PROXIES",
    "ORDER_PAYMENT_WINDOW",
    "PAYMENT_CAPTURE",
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
        "SECRET_KEY": "tests-only-secret-key-0123456789-abcdef",
        "JWT_SIGNING_KEY": "tests-only-signing-key-0123456789-abcdef",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "DATABASE_URL": os.environ.get("DATABASE_URL") or "sqlite:///db.sqlite3",
        "DEMO_PAYMENTS": "true",
        "THROTTLE": "true",
        "SECURE_SSL_REDIRECT": "false",
        "DEVELOPMENT_APPS": "zeal",
    }
)

from shop.settings import *  # noqa: E402, F403 - only now, under that environment

# The manifest storage wants collectstatic; the tests serve no files.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
WHITENOISE_AUTOREFRESH = True  # a missing staticfiles folder is none of the tests' business

# Where pytest can keep it beside its test; shop/core/tests/test_logs.py tries the other one.
LOGGING["root"]["handlers"] = ["console"]
