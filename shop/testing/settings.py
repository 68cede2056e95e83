"""The settings of the tests: those of the shop, with a fixed environment.

The ``.env`` file and the environment of the developer have no effect, except for DATABASE_URL,
SHOP_ENGINE and SHOP_ENGINE_WITHOUT.
"""

import os
import re
from pathlib import Path
from secrets import token_urlsafe

_EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
_KEPT = {"DATABASE_URL", "SHOP_ENGINE", "SHOP_ENGINE_WITHOUT"}
for _name in set(re.findall(r"^#?([A-Z_]+)=", _EXAMPLE.read_text(), re.MULTILINE)) - _KEPT:
    os.environ.pop(_name, None)

os.environ.update(
    {
        "ENV_FILE": os.devnull,
        "DEBUG": "false",
        "SECRET_KEY": token_urlsafe(48),
        "JWT_SIGNING_KEY": token_urlsafe(48),
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "DATABASE_URL": os.environ.get("DATABASE_URL") or "sqlite:///db.sqlite3",
        "DEMO_PAYMENTS": "true",
        "CASH_ON_DELIVERY_ACCEPT": "always",
        "PAYMENT_METHODS": "card,bank_transfer,cash_on_delivery",
        "PAYMENT_RETURN_ORIGINS": "https://tea.example",
        "THROTTLE": "true",
        "SECURE_SSL_REDIRECT": "false",
        "EMAIL_URL": "none",  # the tests of mail turn it on
        "SELLER_NAME": "Example GmbH",
        "SELLER_ADDRESS": "Musterweg 1, 10115 Berlin, Germany",
        "SELLER_VAT_NUMBER": "DE136695976",
        "DEVELOPMENT_APPS": "zeal",
    }
)

from shop.settings import *  # noqa: E402, F403 - reads the environment

# Tests need no data after a crash of the machine. Their servers have the settings of the shop.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

# The manifest storage of production needs collectstatic.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
WHITENOISE_AUTOREFRESH = True  # no warning about the missing folder of static files

PASSWORD_HASHERS_OF_THE_SHOP = PASSWORD_HASHERS
PASSWORD_HASHERS = ["shop.testing.hashers.CheapPasswordHasher", *PASSWORD_HASHERS[1:]]

# pytest captures this handler; shop/core/tests/test_logs.py tests the other one.
LOGGING["root"]["handlers"] = ["console"]
