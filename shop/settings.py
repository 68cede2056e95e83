"""The settings of the shop, for production and for development.

They are read from the environment (see ``.env.example``) and from a ``.env`` file next to
``manage.py``. Without ``DEBUG`` no setting has an unsafe default: a missing or weak secret raises
ImproperlyConfigured, whose message says what to do.
"""

import importlib.util
import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import django
import environ
from django.core.exceptions import ImproperlyConfigured

from shop.core import language_codes, outbound_settings, pages, queues, secret_values
from shop.engine.parts import check_names
from shop.engine.server import processes
from shop.mail import configuration

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# The tests name an empty file, so that the one of the developer has no effect.
environ.Env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))


def _flag(name: str, *, default: bool) -> bool:
    """Read true or false. Raises ImproperlyConfigured for a misspelling, which could be unsafe."""
    value = env.str(name, default="").strip().lower()
    if value and value not in (*env.BOOLEAN_TRUE_STRINGS, "false", "off", "n", "no", "0"):
        raise ImproperlyConfigured(f"{name} must be true or false (or 1 or 0), not {value!r}.")
    return value in env.BOOLEAN_TRUE_STRINGS if value else default


DEBUG = _flag("DEBUG", default=False)


def _text(name: str) -> str:
    """Read a variable unchanged: env.str() takes a leading "$" for a reference to another one."""
    return str(env.ENVIRON.get(name, ""))


def _secret(name: str) -> str:
    """Read a signing secret.

    Raises ImproperlyConfigured if it is missing or shorter than 32 bytes (RFC 7518, section 3.2: an
    HS256 key is at least as long as its hash).
    """
    value = _text(name)
    if not value and DEBUG:
        return f"development-only-{name.lower()}-{'0' * 16}"
    if len(value.encode()) < 32:
        state = "is missing" if not value else "is too short"
        raise ImproperlyConfigured(
            f"{name} {state}: set it to at least 32 random bytes, for example the output of "
            f"{secret_values.MAKE_ONE}."
        )
    return value


def _former_secrets(name: str) -> list[str]:
    """Read signing secrets that are separated by commas. Raises ImproperlyConfigured."""
    values = _text(name).replace(",", " ").split()
    if any(len(value.encode()) < 32 for value in values):
        raise ImproperlyConfigured(
            f"{name} has a value that is shorter than 32 bytes: remove it, or list the former "
            "secrets as they were, separated by commas."
        )
    return values


def _amount(name: str, *, default: str) -> Decimal:
    """Read an amount in the shop's currency."""
    value: str = env.str(name, default=default)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise ImproperlyConfigured(f"{name} must be an amount in the shop's currency, such as 500.")
    return amount


SECRET_KEY = _secret("SECRET_KEY")
JWT_SIGNING_KEY = _secret("JWT_SIGNING_KEY")
# Secrets that sign nothing, but whose signatures are accepted, while a new secret takes over.
SECRET_KEY_FALLBACKS = _former_secrets("SECRET_KEY_FALLBACKS")
JWT_SIGNING_KEY_FALLBACKS = _former_secrets("JWT_SIGNING_KEY_FALLBACKS")

ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
if not DEBUG and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts of the shop, for example "
        "ALLOWED_HOSTS=api.example.com (* accepts any host and is allowed with DEBUG only)."
    )

# The URL of the shop for its clients, without a final slash. Links in responses begin with it.
PUBLIC_URL: str = env.str("PUBLIC_URL", default="").removesuffix("/")
_ORIGIN = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:[0-9]{1,5})?", re.ASCII)
if PUBLIC_URL and not _ORIGIN.fullmatch(PUBLIC_URL):
    raise ImproperlyConfigured(
        "PUBLIC_URL must be an http or https URL with a host and nothing after it, such as "
        "PUBLIC_URL=https://shop.example.com."
    )

# -- The shop ------------------------------------------------------------------------------------

SHOP_CURRENCY: str = env.str("SHOP_CURRENCY", default="USD").upper()
# The ISO 4217 currencies with 3 or 4 decimals. Amounts in the shop have two, or none.
_MORE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "CLF", "UYW")
if len(SHOP_CURRENCY) != 3 or not SHOP_CURRENCY.isascii() or not SHOP_CURRENCY.isalpha():
    raise ImproperlyConfigured("SHOP_CURRENCY must be a three-letter ISO 4217 code, such as USD.")
if SHOP_CURRENCY in _MORE_DECIMALS:
    raise ImproperlyConfigured(
        f"SHOP_CURRENCY={SHOP_CURRENCY} does not have two decimals or none, as every amount in the "
        "shop has. Choose another currency, such as USD, EUR, GBP or JPY."
    )

# Minutes until an order must be paid. A bank transfer may take seven days.
ORDER_PAYMENT_WINDOW: int = env.int("ORDER_PAYMENT_WINDOW", default=30)
if not 1 <= ORDER_PAYMENT_WINDOW <= 60 * 24 * 365:
    raise ImproperlyConfigured(
        "ORDER_PAYMENT_WINDOW is in minutes and must be 1 to 525600 (a year)."
    )

# What one buyer's unpaid orders can hold: orders, and units of products in them.
MAX_OPEN_ORDERS: int = env.int("MAX_OPEN_ORDERS", default=5)
MAX_UNITS_HELD: int = env.int("MAX_UNITS_HELD", default=500)
if MAX_OPEN_ORDERS < 1 or MAX_UNITS_HELD < 1:
    raise ImproperlyConfigured("MAX_OPEN_ORDERS and MAX_UNITS_HELD must be at least 1.")

# What prices mean: whether they include tax, whether tax is rounded once for each rate or for each
# item, whether prices stay or lose the home tax where another rate applies, and the country whose
# tax they include, which is also assumed until a buyer has an address.
PRICES_INCLUDE_TAX: bool = _flag("PRICES_INCLUDE_TAX", default=True)
TAX_ROUNDING: str = env.str("TAX_ROUNDING", default="rate")
PRICES_ABROAD: str = env.str("PRICES_ABROAD", default="keep")
HOME_COUNTRY: str = env.str("HOME_COUNTRY", default="DE" if DEBUG else "").upper()
if TAX_ROUNDING not in ("rate", "item"):
    raise ImproperlyConfigured("TAX_ROUNDING must be rate or item.")
if PRICES_ABROAD not in ("keep", "restate"):
    raise ImproperlyConfigured("PRICES_ABROAD must be keep or restate.")
if HOME_COUNTRY and not (HOME_COUNTRY.isascii() and len(HOME_COUNTRY) == 2):
    raise ImproperlyConfigured(
        "HOME_COUNTRY must be an ISO 3166-1 code of two letters, such as DE."
    )

# Whether businesses in other countries, whose VAT number is confirmed, owe the tax themselves.
REVERSE_CHARGE: bool = _flag("REVERSE_CHARGE", default=False)
if REVERSE_CHARGE and not HOME_COUNTRY:
    raise ImproperlyConfigured(
        "REVERSE_CHARGE needs HOME_COUNTRY, the country of the shop, such as HOME_COUNTRY=DE."
    )

# How many vouchers apply to one cart.
VOUCHERS_AT_ONCE: int = env.int("VOUCHERS_AT_ONCE", default=1)
if not 1 <= VOUCHERS_AT_ONCE <= 10:
    raise ImproperlyConfigured("VOUCHERS_AT_ONCE must be 1 to 10.")

# Whether an order needs an address and a shipping method, unless nothing in it is shipped.
REQUIRE_SHIPPING: bool = _flag("REQUIRE_SHIPPING", default=False)

# The stock from which on a product is listed as low, unless it has a threshold of its own; none:
# only products with one are listed.
LOW_STOCK_THRESHOLD: int | None = (
    None if _text("LOW_STOCK_THRESHOLD") == "none" else env.int("LOW_STOCK_THRESHOLD", default=5)
)
if LOW_STOCK_THRESHOLD is not None and not 0 <= LOW_STOCK_THRESHOLD <= 10**9:
    raise ImproperlyConfigured("LOW_STOCK_THRESHOLD must be none, or 0 to 1000000000.")

# Days without a change after which open carts of guests and of users are deleted.
GUEST_CART_DAYS: int = env.int("GUEST_CART_DAYS", default=30)
USER_CART_DAYS: int = env.int("USER_CART_DAYS", default=180)
if GUEST_CART_DAYS < 1 or USER_CART_DAYS < 1:
    raise ImproperlyConfigured("GUEST_CART_DAYS and USER_CART_DAYS must be at least 1.")
# What is shown before the number of an order, such as "A-". It is not part of the number.
ORDER_NUMBER_PREFIX = _text("ORDER_NUMBER_PREFIX")
if not re.fullmatch(r"[A-Za-z0-9_-]{0,10}", ORDER_NUMBER_PREFIX):
    raise ImproperlyConfigured(
        "ORDER_NUMBER_PREFIX must have at most 10 letters, digits, hyphens and underscores."
    )

# Days in which the link to an order in an e-mail is valid.
ORDER_LINK_DAYS: int = env.int("ORDER_LINK_DAYS", default=90)
if not 1 <= ORDER_LINK_DAYS <= 366:
    raise ImproperlyConfigured("ORDER_LINK_DAYS must be 1 to 366.")

# Hours in which the order of a draft can be paid, unless the draft says otherwise.
DRAFT_LINK_HOURS: int = env.int("DRAFT_LINK_HOURS", default=72)
if not 1 <= DRAFT_LINK_HOURS <= 366 * 24:
    raise ImproperlyConfigured("DRAFT_LINK_HOURS must be 1 to 8784.")

# Days after the arrival of an order, or its shipping, in which buyers can request returns.
RETURN_WINDOW_DAYS: int = env.int("RETURN_WINDOW_DAYS", default=30)
if not 1 <= RETURN_WINDOW_DAYS <= 3660:
    raise ImproperlyConfigured("RETURN_WINDOW_DAYS must be 1 to 3660.")

# Whether the demo gateway is enabled. It accepts any card and charges nothing.
DEMO_PAYMENTS: bool = _flag("DEMO_PAYMENTS", default=DEBUG)

# Whether the demo gateway captures a payment in parts, with PAYMENT_CAPTURE=on_shipment.
DEMO_MULTIPLE_CAPTURES: bool = _flag("DEMO_MULTIPLE_CAPTURES", default=False)

# The codes of the payment methods that buyers can choose. Unset: all that charge at once, and with
# DEBUG also those whose money staff record.
PAYMENT_METHODS: list[str] = env.list("PAYMENT_METHODS", default=[])

# The names of payment methods for buyers, by code and language, where they differ from the shop's.
PAYMENT_METHOD_NAMES: dict[str, dict[str, str]] = language_codes.read_names(
    "PAYMENT_METHOD_NAMES", _text("PAYMENT_METHOD_NAMES")
)

# The largest order that each of these methods can pay, in the shop's currency.
BANK_TRANSFER_MAXIMUM = _amount("BANK_TRANSFER_MAXIMUM", default="5000")
CASH_ON_DELIVERY_MAXIMUM = _amount("CASH_ON_DELIVERY_MAXIMUM", default="500")

# What paying by each of these methods costs the buyer, in the shop's currency.
BANK_TRANSFER_FEE = _amount("BANK_TRANSFER_FEE", default="0")
CASH_ON_DELIVERY_FEE = _amount("CASH_ON_DELIVERY_FEE", default="0")

# Which orders with cash on delivery are confirmed at once: always all, known those of buyers who
# have paid an order before, staff none.
CASH_ON_DELIVERY_ACCEPT: str = env.str("CASH_ON_DELIVERY_ACCEPT", default="known")
if CASH_ON_DELIVERY_ACCEPT not in ("always", "known", "staff"):
    raise ImproperlyConfigured("CASH_ON_DELIVERY_ACCEPT must be always, known or staff.")

# When a card is charged: at once, or authorised at once and captured when the order is shipped.
PAYMENT_CAPTURE: str = env.str("PAYMENT_CAPTURE", default="automatic")
if PAYMENT_CAPTURE not in ("automatic", "on_shipment"):
    raise ImproperlyConfigured("PAYMENT_CAPTURE must be automatic or on_shipment.")

# Stripe is enabled by its secret key, and also needs the signing secret of its webhook endpoint, or
# two, separated by a comma, while one is replaced by the other.
STRIPE_SECRET_KEY = _text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRETS = _text("STRIPE_WEBHOOK_SECRET").replace(",", " ").split()
STRIPE_API_BASE: str = env.str("STRIPE_API_BASE", default="https://api.stripe.com").rstrip("/")
# The public key of the same account, for the forms of storefronts (GET /api/shop/).
STRIPE_PUBLISHABLE_KEY = _text("STRIPE_PUBLISHABLE_KEY")
# Methods that take the buyer to another page, such as iDEAL and PayPal, if the client names the
# page to return to.
STRIPE_REDIRECT_METHODS: bool = _flag("STRIPE_REDIRECT_METHODS", default=True)
# Whether Stripe gets the buyer's e-mail address, to which it sends a receipt.
STRIPE_RECEIPTS: bool = _flag("STRIPE_RECEIPTS", default=True)
_is_live = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
_stripe_host = urlsplit(STRIPE_API_BASE)
if STRIPE_SECRET_KEY and not STRIPE_SECRET_KEY.startswith(("sk_", "rk_")):
    raise ImproperlyConfigured(
        "STRIPE_SECRET_KEY must begin with sk_ or rk_; a key that begins with pk_ is public."
    )
if STRIPE_PUBLISHABLE_KEY and not STRIPE_PUBLISHABLE_KEY.startswith("pk_"):
    raise ImproperlyConfigured(
        "STRIPE_PUBLISHABLE_KEY must begin with pk_: every visitor of a storefront can read it."
    )
if (STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY) and _is_live != STRIPE_PUBLISHABLE_KEY.startswith(
    "pk_live_"
):
    raise ImproperlyConfigured(
        "STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY must both be live keys or both test keys."
    )
if bool(STRIPE_SECRET_KEY) != bool(STRIPE_WEBHOOK_SECRETS):
    raise ImproperlyConfigured(
        "Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or neither: payments need the key, "
        "and the secret proves that events come from Stripe."
    )
if not all(secret.startswith("whsec_") for secret in STRIPE_WEBHOOK_SECRETS):
    raise ImproperlyConfigured(
        "STRIPE_WEBHOOK_SECRET must begin with whsec_: use the signing secret of the endpoint."
    )
if _stripe_host.scheme != "https" and _stripe_host.hostname not in ("127.0.0.1", "localhost"):
    raise ImproperlyConfigured(
        "STRIPE_API_BASE must be an https URL, except for a server on this machine."
    )
if _is_live and (DEBUG or DEMO_PAYMENTS or _stripe_host.hostname != "api.stripe.com"):
    raise ImproperlyConfigured(
        "STRIPE_SECRET_KEY is a live key, which cannot be used with DEBUG, with DEMO_PAYMENTS or "
        "with another STRIPE_API_BASE than https://api.stripe.com."
    )

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


def _rates(name: str, *, default: str) -> tuple[tuple[int, int], ...]:
    """Read limits such as ``10/hour,30/day`` as numbers with the seconds of their windows."""
    rates = [rate.strip().partition("/") for rate in env.str(name, default=default).split(",")]
    if not all(
        number.isascii() and number.isdecimal() and 0 < int(number) < 10**6 and unit in _SECONDS
        for number, _, unit in rates
    ):
        raise ImproperlyConfigured(
            f"{name} must be limits for a minute, an hour or a day, such as {default}."
        )
    return tuple((int(number), _SECONDS[unit]) for number, _, unit in rates)


# Registrations from one client address that say whether a name or an e-mail address is taken.
REGISTRATION_LIMITS = _rates("REGISTRATION_LIMITS", default="10/hour,30/day")

# Seconds for which a shared cache, such as a CDN, may serve public responses of the catalog without
# asking the shop, and for which it may go on while it asks.
CATALOG_S_MAXAGE: int = env.int("CATALOG_S_MAXAGE", default=0)
CATALOG_STALE_WHILE_REVALIDATE: int = env.int("CATALOG_STALE_WHILE_REVALIDATE", default=0)
if not 0 <= CATALOG_S_MAXAGE <= 86_400 or not 0 <= CATALOG_STALE_WHILE_REVALIDATE <= 86_400:
    raise ImproperlyConfigured(
        "CATALOG_S_MAXAGE and CATALOG_STALE_WHILE_REVALIDATE are in seconds and must be 0 to 86400 "
        "(a day)."
    )
if CATALOG_STALE_WHILE_REVALIDATE and not CATALOG_S_MAXAGE:
    raise ImproperlyConfigured("CATALOG_STALE_WHILE_REVALIDATE needs CATALOG_S_MAXAGE.")

# Whether rate limits are applied. Disable them for load tests only.
THROTTLE: bool = _flag("THROTTLE", default=True)

# Where `manage.py serve` listens, the number of its worker processes, and whether each is pinned to
# a processor.
HOST: str = env.str("HOST", default="127.0.0.1")
PORT: int = env.int("PORT", default=8000)
WEB_CONCURRENCY: int = env.int("WEB_CONCURRENCY", default=processes.default_workers())
if not 1 <= PORT <= 65535 or WEB_CONCURRENCY < 1:
    raise ImproperlyConfigured("PORT must be 1 to 65535, and WEB_CONCURRENCY 1 or more.")
WORKER_PINNING: bool = _flag("WORKER_PINNING", default=False)

# The seconds between SIGTERM and the stop, in which /readyz is 503: more than a load balancer needs
# to notice it.
DRAIN_SECONDS: int = env.int("DRAIN_SECONDS", default=0 if DEBUG else 3)
if DRAIN_SECONDS < 0:
    raise ImproperlyConfigured("DRAIN_SECONDS must be 0 or more.")

# Limits of each worker: connections; requests of one client address at the same time (0 is no
# limit); the seconds in which a header, a body and an upload must arrive.
MAX_CONNECTIONS: int = env.int("MAX_CONNECTIONS", default=4096)
REQUESTS_PER_ADDRESS: int = env.int("REQUESTS_PER_ADDRESS", default=64)
HEADER_TIMEOUT: int = env.int("HEADER_TIMEOUT", default=10)
BODY_TIMEOUT: int = env.int("BODY_TIMEOUT", default=30)
UPLOAD_TIMEOUT: int = env.int("UPLOAD_TIMEOUT", default=120)
if min(MAX_CONNECTIONS, HEADER_TIMEOUT, BODY_TIMEOUT, UPLOAD_TIMEOUT) < 1 or (
    REQUESTS_PER_ADDRESS < 0
):
    raise ImproperlyConfigured(
        "MAX_CONNECTIONS, HEADER_TIMEOUT, BODY_TIMEOUT and UPLOAD_TIMEOUT must be 1 or more, and "
        "REQUESTS_PER_ADDRESS 0 or more."
    )

# -- Django --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "shop.core",  # before Django's apps, some of whose templates it replaces
    "shop.core.admin_config.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_countries",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "shop",
    "accounts",
    "catalog",
    "cart",
    "orders",
    "payments",
    "shop.mail",
    "shop.integrations",
]
# Apps that extend the shop (docs/extending.md).
INSTALLED_APPS += env.list("EXTRA_APPS", default=[])
# Development packages: the tests use zeal, and `make lint` uses the migration linter.
INSTALLED_APPS += env.list("DEVELOPMENT_APPS", default=[])

MIDDLEWARE = [
    "shop.core.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.core.cors_middleware.CorsMiddleware",
    "shop.core.admin_middleware.SessionMiddleware",
    "shop.core.admin_middleware.CsrfViewMiddleware",
    "shop.core.admin_middleware.AuthenticationMiddleware",
    "shop.core.admin_middleware.MessageMiddleware",
    "shop.core.admin_middleware.XFrameOptionsMiddleware",
]
# With any other middleware in MIDDLEWARE the response cache is off, so that it sees every request.
SHOP_MIDDLEWARE = frozenset(MIDDLEWARE)

if "zeal" in INSTALLED_APPS:
    MIDDLEWARE.append("zeal.middleware.zeal_middleware")
    ZEAL_RAISE = True  # N+1 queries fail the test
    # get() is repeated on purpose: a payment locks its order before and after it calls the
    # gateway, and an admin action locks each row in its own transaction. Relations that are loaded
    # lazily still fail the test.
    ZEAL_ALLOWLIST = [{"model": "*", "field": "get()"}]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
APPEND_SLASH = False  # the 404 of a path without its slash names the right path

# Folders whose templates replace those of the shop, such as mail/base.html (docs/mail.md).
TEMPLATE_DIRS: list[str] = env.list("TEMPLATE_DIRS", default=[])
if missing := [folder for folder in TEMPLATE_DIRS if not Path(folder).is_dir()]:
    raise ImproperlyConfigured(
        f"TEMPLATE_DIRS must name folders, separated by commas: {missing[0]!r} is none."
    )

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": TEMPLATE_DIRS,
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Errors of the API are in the language that Accept-Language prefers; the admin has its own.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
# The languages of the shop's texts, its own first, with their names: any, without a migration.
SHOP_LANGUAGES: dict[str, str] = language_codes.read_languages(
    "SHOP_LANGUAGES", env.list("SHOP_LANGUAGES", default=[LANGUAGE_CODE])
)
LOCALE_PATHS = [BASE_DIR / "shop" / "locale"]
ADMIN_LANGUAGE: str = env.str("ADMIN_LANGUAGE", default="en")
if ADMIN_LANGUAGE not in dict(LANGUAGES):
    raise ImproperlyConfigured("ADMIN_LANGUAGE must be en or de.")
# A date, such as the last day of a promotion, means the whole day in this time zone.
TIME_ZONE: str = env.str("TIME_ZONE", default="UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(
        "TIME_ZONE must be the name of a time zone, such as Europe/Berlin. If it is one, the time "
        "zone data of the system is missing: install the package tzdata."
    )
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "media/"
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# Uploads are stored in MEDIA_ROOT, or in a bucket with the S3 protocol. boto3 finds its credentials
# as usual (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or the role of the machine).
MEDIA_BUCKET: str = env.str("MEDIA_BUCKET", default="")
_media: dict[str, Any] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
if MEDIA_BUCKET:
    if importlib.util.find_spec("storages") is None:
        raise ImproperlyConfigured(
            "MEDIA_BUCKET needs django-storages: "
            "`pip install --require-hashes -r requirements-s3.txt`, or unset it."
        )
    _media = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": MEDIA_BUCKET,
            "endpoint_url": env.str("MEDIA_ENDPOINT", default="") or None,
            "custom_domain": env.str("MEDIA_DOMAIN", default="") or None,
            "querystring_auth": False,  # permanent URLs, which clients and proxies can cache
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        },
    }
STORAGES: dict[str, dict[str, Any]] = {
    "default": _media,
    "staticfiles": {
        # The manifest names each file by its content, and needs `collectstatic` to have run.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# -- Mail: docs/mail.md --------------------------------------------------------------------------

# The name of the shop, in mails and for storefronts.
SHOP_NAME: str = env.str("SHOP_NAME", default="Shop")
if not SHOP_NAME.strip() or not SHOP_NAME.isprintable():
    raise ImproperlyConfigured("SHOP_NAME must be the name of the shop, in one line.")

# How messages are sent: a URL, or none: the shop sends no messages. Unset: messages wait, but with
# DEBUG they are written to MAIL_FOLDER, and shown on the page /mail/.
EMAIL_URL = _text("EMAIL_URL").strip()
MAIL_FOLDER: str = env.str("MAIL_FOLDER", default=str(BASE_DIR / "mails"))
MAIL_MODE = "off" if EMAIL_URL == "none" else "send" if EMAIL_URL or DEBUG else "wait"
# Seconds that each step of a conversation with the mail server may take.
MAIL_TIMEOUT: int = env.int("EMAIL_TIMEOUT", default=20)
if not 1 <= MAIL_TIMEOUT <= 60:
    raise ImproperlyConfigured("EMAIL_TIMEOUT is in seconds and must be 1 to 60.")
# Django 6.1 reads this setting. For the others, EMAIL_BACKEND and so on have the same values.
MAILERS = configuration.mailers(EMAIL_URL, timeout=MAIL_TIMEOUT, is_debug=DEBUG)
if django.VERSION < (6, 1):
    vars().update(configuration.former_settings(MAILERS))

# The storefront, and its pages if they have other paths: links in mails lead there.
STOREFRONT_URL: str = env.str("STOREFRONT_URL", default="").rstrip("/")
STOREFRONT_LINKS: dict[str, str] = configuration.links(
    STOREFRONT_URL,
    {
        "order": env.str("STOREFRONT_ORDER_URL", default=""),
        "payment": env.str("STOREFRONT_PAYMENT_URL", default=""),
        "reset": env.str("STOREFRONT_RESET_URL", default=""),
        "verification": env.str("STOREFRONT_VERIFICATION_URL", default=""),
    },
    is_debug=DEBUG,
)
# The pages of the storefront about products, categories and collections: the canonical URLs, the
# sitemap and the product feed.
STOREFRONT_PAGES: dict[str, str] = pages.templates(
    STOREFRONT_URL,
    {
        "product": env.str("STOREFRONT_PRODUCT_URL", default=""),
        "category": env.str("STOREFRONT_CATEGORY_URL", default=""),
        "collection": env.str("STOREFRONT_COLLECTION_URL", default=""),
    },
)
DEFAULT_FROM_EMAIL: str = configuration.sender(
    env.str("DEFAULT_FROM_EMAIL", default=""),
    SHOP_NAME,
    STOREFRONT_URL or PUBLIC_URL,
    ALLOWED_HOSTS,
)
# Who gets messages about disputes, withdrawals and refunds that failed.
STAFF_EMAILS: list[str] = configuration.staff_addresses(_text("STAFF_EMAILS"))

# Pages of the shop that GET /api/shop/ names, such as terms=https://www.example.com/terms.
SHOP_LINKS: dict[str, str] = {}
for _link in _text("SHOP_LINKS").replace(",", " ").split():
    _name, _, _page = _link.partition("=")
    if not re.fullmatch("[a-z_]{1,40}", _name) or not re.fullmatch("https?://[!-~]+", _page):
        raise ImproperlyConfigured(
            "SHOP_LINKS must be names with URLs, such as SHOP_LINKS=terms=https://www.example.com"
            "/terms,privacy=https://www.example.com/privacy. A comma in a URL is written as %2C."
        )
    SHOP_LINKS[_name] = _page

# -- Invoices: docs/invoices.md ------------------------------------------------------------------

# Whether the worker issues invoices and credit notes, and what their numbers begin with.
INVOICES: bool = _flag("INVOICES", default=True)
INVOICE_SERIES: str = env.str("INVOICE_SERIES", default="INV")
CREDIT_NOTE_SERIES: str = env.str("CREDIT_NOTE_SERIES", default="CN")
for _series in (INVOICE_SERIES, CREDIT_NOTE_SERIES):
    if not re.fullmatch("[A-Z0-9]{1,10}", _series):
        raise ImproperlyConfigured(
            "INVOICE_SERIES and CREDIT_NOTE_SERIES must have 1 to 10 capital letters and digits."
        )

# Who sells. payments.checks reports what is missing or wrong.
SELLER_NAME: str = _text("SELLER_NAME").strip() or SHOP_NAME
SELLER_ADDRESS: list[str] = [
    line for line in map(str.strip, _text("SELLER_ADDRESS").split(",")) if line
]
SELLER_VAT_NUMBER: str = _text("SELLER_VAT_NUMBER").strip()
SELLER_TAX_NUMBER: str = _text("SELLER_TAX_NUMBER").strip()
SELLER_REGISTER: str = _text("SELLER_REGISTER").strip()
SELLER_EMAIL: str = _text("SELLER_EMAIL").strip()
SELLER_PHONE: str = _text("SELLER_PHONE").strip()
SELLER_BANK: str = _text("SELLER_BANK").strip()
SELLER_IBAN: str = _text("SELLER_IBAN").strip()
SELLER_BIC: str = _text("SELLER_BIC").strip()

# A TrueType or OpenType font for the characters that the font of the invoices does not have.
INVOICE_FONT: str = _text("INVOICE_FONT").strip()

# -- Background tasks ----------------------------------------------------------------------------

# Where background tasks are queued: in the database, or in Redis.
TASKS_URL = _text("TASKS_URL").strip()
TASKS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": list(queues.LIMITS),
    }
}
if TASKS_URL:
    if urlsplit(TASKS_URL).scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured(
            "TASKS_URL must be the URL of a Redis server, such as redis://127.0.0.1:6379/0."
        )
    if importlib.util.find_spec("django_tasks_rq") is None:
        raise ImproperlyConfigured(
            "TASKS_URL needs django-tasks-rq: "
            "`pip install --require-hashes -r requirements-redis.txt`, or unset it."
        )
    TASKS["default"]["BACKEND"] = "django_tasks_rq.RQBackend"
    INSTALLED_APPS.insert(INSTALLED_APPS.index("shop"), "django_rq")
    RQ = {"JOB_CLASS": "django_tasks_rq.Job"}
    RQ_QUEUES = {
        name: {"URL": TASKS_URL, "DEFAULT_TIMEOUT": int(limit.total_seconds())}
        for name, limit in queues.LIMITS.items()
    }
    RQ_SHOW_ADMIN_LINK = False
    MIGRATION_MODULES = {"django_rq": None}  # they create no table

# -- Requests to URLs that staff enter, such as webhooks -----------------------------------------

# How such a URL may begin, and the private networks whose addresses it may have all the same.
OUTBOUND_SCHEMES = outbound_settings.schemes(
    env.list("OUTBOUND_SCHEMES", default=["https", "http"] if DEBUG else ["https"])
)
OUTBOUND_PRIVATE_NETWORKS = outbound_settings.networks(
    env.list("OUTBOUND_PRIVATE_NETWORKS", default=["127.0.0.0/8", "::1/128"] if DEBUG else [])
)

# -- Database: RELIABILITY R1; the reasons are in docs/decisions/ ---------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_database = env.db_url_config(
    env.str("DATABASE_URL", default="") or f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
)
# Time-outs of PostgreSQL, for each lock and for each statement of a request.
DATABASE_TIMEOUTS = {
    "lock_timeout": "3s",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "15s",
}
# A connection pooler that assigns a server connection to each transaction (the transaction mode of
# pgbouncer) refuses connection options and does not keep prepared statements and cursors.
DATABASE_POOLER: bool = _flag("DATABASE_POOLER", default=False)
# Whether frequent statements are prepared: PostgreSQL then plans them once per connection.
PREPARE_STATEMENTS: bool = _flag("PREPARE_STATEMENTS", default=True)
_is_postgresql = _database.get("ENGINE") == "django.db.backends.postgresql"

# The implementation of shop.engine: plain is Django's own backends, fast the engine's.
SHOP_ENGINE: str = env.str("SHOP_ENGINE", default="") or ("fast" if _is_postgresql else "plain")
SHOP_ENGINE_WITHOUT: frozenset[str] = check_names(env.list("SHOP_ENGINE_WITHOUT", default=[]))
if SHOP_ENGINE not in ("plain", "fast"):
    raise ImproperlyConfigured("SHOP_ENGINE must be plain or fast.")
if not _is_postgresql:  # SQLite has no other implementation
    SHOP_ENGINE = "plain"

if _database.get("ENGINE") == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        ),
    }
elif _is_postgresql:
    if SHOP_ENGINE == "fast":
        _database["ENGINE"] = "shop.engine.postgresql"
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = dict(_database.get("OPTIONS", {}))
    if DATABASE_POOLER:
        _database["DISABLE_SERVER_SIDE_CURSORS"] = True
        if "options" in _database["OPTIONS"]:
            raise ImproperlyConfigured(
                "DATABASE_URL has ?options=…, which a pooler (DATABASE_POOLER=true) does not "
                "support. Set them for the role instead: ALTER ROLE shop SET name = value."
            )
    else:
        _limits = {
            **DATABASE_TIMEOUTS,
            # Requests already use all processors, so parallel workers of PostgreSQL only cost time.
            "max_parallel_workers_per_gather": "0",
            # Otherwise PostgreSQL plans a statement with a short list of ids at each execution.
            "plan_cache_mode": "force_generic_plan",
        }
        _own = " ".join(f"-c {name}={value}" for name, value in _limits.items())
        # The options of DATABASE_URL come last, so that they take precedence.
        _database["OPTIONS"]["options"] = (
            f"{_own} {_database['OPTIONS'].get('options', '')}".strip()
        )
else:
    raise ImproperlyConfigured(
        "DATABASE_URL must be sqlite:///path or postgres://user:password@host/name: "
        "the shop supports SQLite and PostgreSQL only."
    )
DATABASES = {"default": _database}

# -- Users and authentication --------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "accounts.hashers.ShopArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "accounts.passwords.CharactersValidator"},
    *(
        {
            "NAME": "accounts.passwords.NormalizedValidator",
            "OPTIONS": {"validator": _VALIDATION + name, **options},
        }
        for name, options in (
            ("UserAttributeSimilarityValidator", {}),
            ("MinimumLengthValidator", {"min_length": 8}),
            ("CommonPasswordValidator", {}),
            ("NumericPasswordValidator", {}),
        )
    ),
]

# Minutes until an access token expires. It can be long, since every request also asks whether the
# session has ended. Seconds in which a used refresh token gets the same successor again.
_SESSION_DAYS = 14
ACCESS_TOKEN_LIFETIME: int = env.int("ACCESS_TOKEN_LIFETIME", default=1440)
REFRESH_TOKEN_GRACE: int = env.int("REFRESH_TOKEN_GRACE", default=30)
if not 1 <= ACCESS_TOKEN_LIFETIME <= 60 * 24 * _SESSION_DAYS:
    raise ImproperlyConfigured(
        "ACCESS_TOKEN_LIFETIME is in minutes and must be 1 to 20160 (14 days, the longest session)."
    )
if not 0 <= REFRESH_TOKEN_GRACE <= 300:
    raise ImproperlyConfigured("REFRESH_TOKEN_GRACE is in seconds and must be 0 to 300.")

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ISSUER": "shop",
    "AUDIENCE": "shop-api",
    "LEEWAY": 30,  # seconds that the clocks of two servers may differ
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=ACCESS_TOKEN_LIFETIME),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=_SESSION_DAYS),
    "ROTATE_REFRESH_TOKENS": False,  # accounts.tokens rotates them without a race
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": False,
    "CHECK_USER_IS_ACTIVE": True,
    "UPDATE_LAST_LOGIN": False,  # saves a write for each login
    "USER_ID_CLAIM": "user_id",
    "AUTH_HEADER_TYPES": ("Bearer",),
}

# -- The API -------------------------------------------------------------------------------------

NUM_PROXIES: int = env.int("NUM_PROXIES", default=0)
if NUM_PROXIES < 0:
    raise ImproperlyConfigured(
        "NUM_PROXIES is the number of proxies in front of the shop and must be 0 or more."
    )

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["shop.core.renderers.ShopJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "shop.core.parsers.StrictJSONParser",
        "shop.core.parsers.StrictFormParser",
        "shop.core.parsers.StrictMultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "shop.core.negotiation.ShopContentNegotiation",
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.auth.SessionJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "shop.core.pagination.ShopPagination",
    "DEFAULT_SCHEMA_CLASS": "shop.core.openapi.ShopAutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "shop.core.handlers.problem_response",
    "NUM_PROXIES": NUM_PROXIES,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "DESCRIPTION": (
        "Accounts, catalog, cart, orders and payments of a headless shop.\n\nUnknown members of a "
        "request and unknown parameters are refused (`unknown_field`). Forms "
        "(`application/x-www-form-urlencoded`, `multipart/form-data`) are read as JSON is: `1` is "
        "a number, `true` a boolean, and a list or an object is written as JSON."
    ),
    "PARSER_WHITELIST": ["shop.core.parsers.StrictJSONParser", "shop.core.parsers.UploadParser"],
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "cart_token": {"type": "apiKey", "in": "header", "name": "X-Cart-Token"},
            "order_token": {"type": "apiKey", "in": "header", "name": "X-Order-Token"},
        }
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,  # serializers of PATCH have no required fields already
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "orders.states.OrderStatus",
        "OrderPaymentStatus": "orders.states.OrderPaymentStatus",
        "OrderFulfilmentStatus": "orders.states.FulfilmentStatus",
        "OrderReturnStatus": "orders.states.ReturnStatus",
        "FulfilmentState": "orders.models.FulfilmentState",
        "PaymentStatus": "payments.models.PaymentStatus",
        "ReturnKind": "orders.models.ReturnKind",
        "StatusOfReturn": "orders.models.ReturnStep",
        "AttributeKind": "catalog.models.AttributeKind",
        "MovementKind": "catalog.models.MovementKind",
        "SaleKind": "catalog.models.SaleKind",
        "DraftStatus": "cart.models.DraftStatus",
    },
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shop.core.openapi.share_components",
    ],
}

CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/(api|media)/"
# The headers of the API and of the tools that trace requests, and those that a shop adds.
CORS_ALLOW_HEADERS: list[str] = [
    *("accept", "authorization", "content-type", "idempotency-key", "if-none-match"),
    *("baggage", "sentry-trace", "traceparent", "tracestate"),
    *("x-cart-token", "x-order-token", "x-request-id"),
    *(name.strip().lower() for name in env.list("CORS_ALLOW_HEADERS", default=[])),
]
if not all(re.fullmatch(r"[a-z0-9!#$%&'*+.^_`|~-]+", name) for name in CORS_ALLOW_HEADERS):
    raise ImproperlyConfigured(
        "CORS_ALLOW_HEADERS must be names of headers, separated by commas, such as x-app-version."
    )
CORS_EXPOSE_HEADERS = [
    *("ETag", "Idempotent-Replayed", "Link", "Location", "Retry-After", "X-Request-ID"),
]
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The sites to which a payment provider may send a buyer back (return_url).
_pages = [urlsplit(url) for url in (STOREFRONT_URL, PUBLIC_URL, *CORS_ALLOWED_ORIGINS) if url]
_own_origins = [f"{page.scheme}://{page.netloc}" for page in _pages]
PAYMENT_RETURN_ORIGINS: list[str] = env.list("PAYMENT_RETURN_ORIGINS", default=_own_origins)
if not all(_ORIGIN.fullmatch(origin) for origin in PAYMENT_RETURN_ORIGINS):
    raise ImproperlyConfigured(
        "PAYMENT_RETURN_ORIGINS must be origins, separated by commas, such as "
        "https://www.example.com: scheme and host, without a path."
    )

# Limits of a request body (RELIABILITY R19, 256 KiB), and of an admin form, in which one can edit a
# hundred variants, add as many, and edit fifty images.
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1500
# Larger files are stored on disk, not in memory, while they are received.
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE
# The largest body, in bytes, of each path that accepts files. The API accepts an image of 10 MiB
# (catalog.limits) and the other fields of the form. The admin accepts more, so that its form can
# explain which file is too large.
UPLOADS = {
    r"/api/products/[0-9]{1,18}/images/": 10 * 1024 * 1024 + DATA_UPLOAD_MAX_MEMORY_SIZE,
    r"/admin/catalog/product/(?:add|[0-9]{1,18}/change)/": 32 * 1024 * 1024,
    r"/admin/catalog/productimage/add/": 32 * 1024 * 1024,
    r"/admin/catalog/product/import/": 32 * 1024 * 1024,
}

# -- Transport -----------------------------------------------------------------------------------

# Only behind a proxy that sets X-Forwarded-Proto itself. Otherwise any client could claim HTTPS.
if _flag("TRUST_PROXY_HEADERS", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT: bool = _flag("SECURE_SSL_REDIRECT", default=not DEBUG)
if PUBLIC_URL.startswith("https://"):
    SECURE_SSL_HOST = PUBLIC_URL.removeprefix("https://")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_AGE = 60 * 60 * 12
# Browsers remember HSTS for this time, whatever the shop sends later. So the default is an hour for
# this host alone; other hosts of the domain may not have HTTPS.
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = _flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD: bool = _flag("SECURE_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # they recommend the last two
# They look for Django's own classes; ``shop.core.admin_middleware`` has subclasses of them.
SILENCED_SYSTEM_CHECKS += ["security.W002", "security.W003"]
# Django 6 demands django.contrib.postgres for a field and an index that work without it. The app
# would add lookups that nothing uses, and statements to each new connection.
SILENCED_SYSTEM_CHECKS += ["postgres.E005"]
if EMAIL_URL in ("", "none"):
    SILENCED_SYSTEM_CHECKS += ["mail.E001"]  # Django 6.1; shop.W004 tells about a missing EMAIL_URL
if SECURE_HSTS_SECONDS < 0:
    raise ImproperlyConfigured("SECURE_HSTS_SECONDS must be 0 or more.")
if SECURE_HSTS_PRELOAD and not (
    SECURE_HSTS_INCLUDE_SUBDOMAINS and SECURE_HSTS_SECONDS >= 60 * 60 * 24 * 365
):
    raise ImproperlyConfigured(
        "SECURE_HSTS_PRELOAD needs SECURE_HSTS_INCLUDE_SUBDOMAINS=true and "
        "SECURE_HSTS_SECONDS=31536000, as the preload lists of browsers do. It is hard to undo."
    )
X_FRAME_OPTIONS = "DENY"

# -- Metrics: /metrics exists only with this token, as `Authorization: Bearer` --------------------

METRICS_TOKEN = _text("METRICS_TOKEN")
if METRICS_TOKEN and (len(METRICS_TOKEN) < 16 or not METRICS_TOKEN.isascii()):
    raise ImproperlyConfigured(
        "METRICS_TOKEN must have at least 16 ASCII characters, for example the output of "
        '`python -c "import secrets; print(secrets.token_urlsafe(24))"`.'
    )

# -- Logs: one line for a client error, a traceback for a server error ----------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "shop.core.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "background": {"()": "shop.core.logs.QueueLogHandler", "formatter": "json"},
    },
    # Lines for developers, JSON for the log collectors of production.
    "root": {"handlers": ["console" if DEBUG else "background"], "level": "INFO"},
    "loggers": {
        # Django's own handlers send mail to the admins and print with DEBUG only.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.db.backends": {"level": "WARNING"},
        # shop.mail has a line for each message.
        "django_tasks": {"level": "WARNING"},
        # The shop logs its requests to Stripe itself.
        "stripe": {"level": "WARNING"},
        # They would name the characters of a buyer's name that a font does not have.
        "fpdf": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        # shop.requests already has a line for each request, client errors included.
        "django.request": {"level": "ERROR"},
    },
}

# -- Secrets that can be guessed -----------------------------------------------------------------

_secrets = [
    ("SECRET_KEY", SECRET_KEY),
    ("JWT_SIGNING_KEY", JWT_SIGNING_KEY),
    ("METRICS_TOKEN", METRICS_TOKEN),
    *(("SECRET_KEY_FALLBACKS", secret) for secret in SECRET_KEY_FALLBACKS),
    *(("JWT_SIGNING_KEY_FALLBACKS", secret) for secret in JWT_SIGNING_KEY_FALLBACKS),
    *(
        ("STRIPE_WEBHOOK_SECRET", secret.removeprefix("whsec_"))
        for secret in STRIPE_WEBHOOK_SECRETS
    ),
]
if _is_live:
    _secrets.append(("STRIPE_SECRET_KEY", STRIPE_SECRET_KEY.partition("_live_")[2]))
_weak = [] if DEBUG else secret_values.problems(_secrets)
if _weak:
    raise ImproperlyConfigured(
        f"{' '.join(_weak)} Set each to a different random value, for example the output of "
        f"{secret_values.MAKE_ONE}, or to the value that the provider shows."
    )
# A server on the same machine need not be reachable for others.
_is_local = str(_database.get("HOST", "")).startswith(("/", "127.")) or (
    _database.get("HOST", "") in ("", "localhost", "::1")
)
_password = _database.get("PASSWORD") or (_text("PGPASSWORD") if _is_postgresql else "")
if not DEBUG and not _is_local and secret_values.is_published_password(_password):
    raise ImproperlyConfigured(
        "The password of DATABASE_URL (or POSTGRES_PASSWORD) is a published example. Change it "
        "with ALTER ROLE … PASSWORD …, and then in the environment, for example to the output of "
        f"{secret_values.MAKE_ONE}."
    )
