"""The environment variables, and the errors of wrong ones."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shop.core.checks import known_vulnerability
from shop.testing.marks import on_one_database
from shop.testing.starting import manage, runner

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "settings.md"
SECRET, TOKEN_SECRET, WEBHOOK_SECRET = (secrets.token_urlsafe(48) for _ in range(3))
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "ENV_FILE": os.devnull,
    "DEBUG": "false",
    "SECRET_KEY": SECRET,
    "JWT_SIGNING_KEY": TOKEN_SECRET,
    "ALLOWED_HOSTS": "shop.example.com",
    "PAYMENT_METHODS": "bank_transfer",
    "EMAIL_URL": "none",
    "SELLER_ADDRESS": "Musterweg 1, 10115 Berlin, Germany",
    "SELLER_VAT_NUMBER": "DE136695976",
    "SELLER_IBAN": "DE89370400440532013000",
}
STRIPE = {
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_WEBHOOK_SECRET": f"whsec_{WEBHOOK_SECRET}, whsec_{secrets.token_hex(16)}",
}
LIVE = {"STRIPE_SECRET_KEY": f"sk_live_{secrets.token_hex(16)}"}
# The default of `make run` and of docker-compose.yml.
DEVELOPMENT_SECRET = "development-only-session-key-of-the-shop"
# For tests and `make lint` only.
INTERNAL = {"DEVELOPMENT_APPS", "ENV_FILE"}
# docker-compose.yml sets it, and libpq reads it.
OF_COMPOSE = {"PGPASSWORD"}
# boto3 and docker-compose.yml read these.
OF_OTHERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "POSTGRES_PASSWORD"}


def environment_with(changes):
    return {k: v for k, v in (PRODUCTION | changes).items() if v is not None}


def run(*command, **changes):
    return subprocess.run(
        [sys.executable, *command],
        check=False,
        cwd=ROOT,
        env=environment_with(changes),
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module", autouse=True)
def interpreter():
    with runner() as execute_in:
        settings.append(execute_in)
        yield
        settings.clear()


settings = []


def execute(code, **changes):
    (execute_in,) = settings
    return execute_in(code, environment_with(changes))


def start(**changes):
    return execute("import shop.settings", **changes)


def test_a_production_environment_starts():
    assert start().returncode == 0


def test_a_development_environment_needs_no_variables():
    names = ("SECRET_KEY", "JWT_SIGNING_KEY", "ALLOWED_HOSTS")
    assert start(DEBUG="true", **dict.fromkeys(names)).returncode == 0


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is missing: set it to at least 32 random bytes"),
        ({"JWT_SIGNING_KEY": ""}, "JWT_SIGNING_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"JWT_SIGNING_KEY": SECRET}, "JWT_SIGNING_KEY equals SECRET_KEY"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        *(
            ({"PUBLIC_URL": url}, "PUBLIC_URL must be an http or https URL with a host and nothing")
            for url in (
                "shop.example.com",
                "ftp://shop.example.com",
                "https://",
                "https://shop.example.com/shop",
                "https://shop.example.com?a=1",
                "https://shop.example.com#top",
                "https://ada@shop.example.com",
                "https://shop.example.com:port",
                "https://shöp.example.com",
                "https://shop.example.com//",
            )
        ),
        ({"DEBUG": "maybe"}, "DEBUG must be true or false"),
        ({"EMAIL_URL": "mail.example.com"}, "EMAIL_URL must be the URL of a mail server"),
        (
            {"EMAIL_URL": "smtp://shop:secret@mail.example.com"},
            "EMAIL_URL would send its password unencrypted",
        ),
        ({"EMAIL_TIMEOUT": "0"}, "EMAIL_TIMEOUT is in seconds and must be 1 to 60"),
        ({"DEFAULT_FROM_EMAIL": "Shop"}, "DEFAULT_FROM_EMAIL must be an address"),
        ({"SHOP_NAME": "two\nlines"}, "SHOP_NAME must be the name of the shop, in one line"),
        ({"STOREFRONT_URL": "www.example.com"}, "STOREFRONT_URL must be the URL"),
        ({"STOREFRONT_URL": "http://www.example.com"}, "must begin with https://"),
        (
            {"STOREFRONT_ORDER_URL": "https://www.example.com/orders/{number}"},
            "STOREFRONT_ORDER_URL must be a URL with the placeholder {token}",
        ),
        (
            {"STOREFRONT_RESET_URL": "https://www.example.com/{number}/{token}"},
            "It may contain {language}, {token}.",
        ),
        ({"TEMPLATE_DIRS": "/nowhere"}, "TEMPLATE_DIRS must name folders"),
        ({"TASKS_URL": "amqp://localhost"}, "TASKS_URL must be the URL of a Redis server"),
        ({"REGISTRATION_LIMITS": "10"}, "REGISTRATION_LIMITS must be limits for a minute"),
        ({"REGISTRATION_LIMITS": "0/day"}, "REGISTRATION_LIMITS must be limits for a minute"),
        ({"REGISTRATION_LIMITS": "5/week"}, "such as 10/hour,30/day"),
        ({"SECRET_KEY_FALLBACKS": f"{SECRET},short"}, "SECRET_KEY_FALLBACKS has a value"),
        ({"JWT_SIGNING_KEY_FALLBACKS": "short"}, "JWT_SIGNING_KEY_FALLBACKS has a value"),
        ({"ACCESS_TOKEN_LIFETIME": "0"}, "ACCESS_TOKEN_LIFETIME is in minutes"),
        ({"ACCESS_TOKEN_LIFETIME": "20161"}, "ACCESS_TOKEN_LIFETIME is in minutes"),
        ({"REFRESH_TOKEN_GRACE": "-1"}, "REFRESH_TOKEN_GRACE is in seconds"),
        ({"REFRESH_TOKEN_GRACE": "301"}, "REFRESH_TOKEN_GRACE is in seconds"),
        ({"THROTTLE": "enabled"}, "THROTTLE must be true or false"),
        ({"SECURE_SSL_REDIRECT": "ture"}, "SECURE_SSL_REDIRECT must be true or false"),
        ({"SHOP_CURRENCY": "CLF"}, "does not have two decimals"),
        ({"SHOP_CURRENCY": "BHD"}, "does not have two decimals"),
        ({"SHOP_CURRENCY": "dollars"}, "three-letter ISO 4217 code"),
        ({"ORDER_PAYMENT_WINDOW": "0"}, "ORDER_PAYMENT_WINDOW is in minutes"),
        ({"ORDER_NUMBER_PREFIX": "Order "}, "ORDER_NUMBER_PREFIX must have at most 10 letters"),
        ({"ORDER_LINK_DAYS": "0"}, "ORDER_LINK_DAYS must be 1 to 366"),
        ({"DRAFT_LINK_HOURS": "0"}, "DRAFT_LINK_HOURS must be 1 to 8784"),
        ({"RETURN_WINDOW_DAYS": "0"}, "RETURN_WINDOW_DAYS must be 1 to 3660"),
        ({"PAYMENT_CAPTURE": "never"}, "PAYMENT_CAPTURE must be automatic or on_shipment"),
        (
            {"STRIPE_SECRET_KEY": "sk_test_1"},
            "Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET",
        ),
        (
            {"STRIPE_WEBHOOK_SECRET": "whsec_1"},
            "Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET",
        ),
        ({"CATALOG_S_MAXAGE": "-1"}, "must be 0 to 86400"),
        ({"CATALOG_STALE_WHILE_REVALIDATE": "60"}, "needs CATALOG_S_MAXAGE"),
        ({"SECURE_HSTS_SECONDS": "-1"}, "SECURE_HSTS_SECONDS must be 0 or more"),
        ({"SECURE_HSTS_PRELOAD": "true"}, "needs SECURE_HSTS_INCLUDE_SUBDOMAINS=true"),
        (
            {"SECURE_HSTS_PRELOAD": "true", "SECURE_HSTS_INCLUDE_SUBDOMAINS": "true"},
            "and SECURE_HSTS_SECONDS=31536000",
        ),
        (STRIPE | {"STRIPE_SECRET_KEY": "pk_test_1"}, "must begin with sk_ or rk_"),
        (
            STRIPE | {"STRIPE_WEBHOOK_SECRET": f"whsec_{WEBHOOK_SECRET},secret"},
            "must begin with whsec_",
        ),
        (
            STRIPE | {"STRIPE_API_BASE": "http://stripe.example.com"},
            "STRIPE_API_BASE must be an https URL",
        ),
        (STRIPE | {"STRIPE_PUBLISHABLE_KEY": "sk_test_1"}, "must begin with pk_"),
        (STRIPE | {"STRIPE_PUBLISHABLE_KEY": "pk_live_1"}, "must both be live keys"),
        (STRIPE | LIVE | {"STRIPE_PUBLISHABLE_KEY": "pk_test_1"}, "must both be live keys"),
        ({"SHOP_LINKS": "https://www.example.com/terms"}, "SHOP_LINKS must be names with URLs"),
        ({"SHOP_LINKS": "terms=/terms"}, "SHOP_LINKS must be names with URLs"),
        (STRIPE | LIVE | {"DEMO_PAYMENTS": "1"}, "STRIPE_SECRET_KEY is a live key"),
        (STRIPE | LIVE | {"DEBUG": "1"}, "STRIPE_SECRET_KEY is a live key"),
        (STRIPE | LIVE | {"STRIPE_API_BASE": "https://x.example.com"}, "is a live key"),
        ({"NUM_PROXIES": "-1"}, "NUM_PROXIES is the number of proxies"),
        ({"MEDIA_BUCKET": "pictures"}, "pip install --require-hashes -r requirements-s3.txt"),
        ({"DATABASE_URL": "mysql://a:b@c/d"}, "sqlite:///path or postgres://"),
        ({"DATABASE_URL": "nonsense"}, "sqlite:///path or postgres://"),
        ({"SHOP_ENGINE": "slow"}, "SHOP_ENGINE must be plain or fast"),
        (
            {"DATABASE_POOLER": "true", "DATABASE_URL": "postgres://a@b/c?options=-c%20jit=off"},
            "Set them for the role instead",
        ),
        ({"SHOP_ENGINE_WITHOUT": "cache"}, "The known parts are: compiled_statements, pipeline, "),
        (
            {"HEADER_TIMEOUT": "0"},
            "HEADER_TIMEOUT, BODY_TIMEOUT and UPLOAD_TIMEOUT must be 1 or more",
        ),
        ({"REQUESTS_PER_ADDRESS": "-1"}, "REQUESTS_PER_ADDRESS 0 or more"),
    ],
)
def test_an_unsafe_environment_is_refused_with_a_hint(changes, hint):
    refused = start(**changes)
    assert refused.returncode == 1
    assert hint in refused.stderr.splitlines()[-1]
    assert SECRET not in refused.stderr


@pytest.mark.parametrize("changes", [{}, LIVE, {"STRIPE_API_BASE": "http://127.0.0.1:1"}])
def test_stripe_starts_with_its_two_secrets(changes):
    assert start(**(STRIPE | changes)).returncode == 0


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://shop.example.com", "https://shop.example.com"),
        ("https://shop.example.com/", "https://shop.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("", ""),
    ],
)
def test_the_public_url_is_an_origin(url, origin):
    assert execute("import shop.settings as s; print(s.PUBLIC_URL)", PUBLIC_URL=url).stdout == (
        f"{origin}\n"
    )


def test_a_redirect_to_https_goes_to_the_public_host():
    code = "import shop.settings as s; print(getattr(s, 'SECURE_SSL_HOST', None))"
    assert execute(code).stdout == "None\n"
    assert execute(code, PUBLIC_URL="https://a.example.com:444").stdout == "a.example.com:444\n"


def shown(expression, **changes):
    return execute(f"import shop.settings as s; print(({expression}))", **changes).stdout.strip()


def test_hsts_applies_to_this_host_for_an_hour_unless_set():
    expression = "s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD"
    assert shown(expression) == "(3600, False, False)"
    assert shown(expression, DEBUG="true") == "(0, False, False)"
    chosen = {"SECURE_HSTS_SECONDS": "31536000", "SECURE_HSTS_INCLUDE_SUBDOMAINS": "true"}
    assert shown(expression, **chosen) == "(31536000, True, False)"
    assert shown(expression, **chosen, SECURE_HSTS_PRELOAD="1") == "(31536000, True, True)"


def test_the_demo_card_and_plain_http_follow_debug():
    expression = "s.DEMO_PAYMENTS, s.SECURE_SSL_REDIRECT"
    assert shown(expression) == "(False, True)"
    assert shown(expression, DEBUG="true") == "(True, False)"


def test_the_file_of_a_developer_has_no_effect_on_tests(tmp_path):
    for name in ("shop", "catalog", "manage.py", ".env.example"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "shop").unlink()
    shutil.copytree(ROOT / "shop", tmp_path / "shop", ignore=shutil.ignore_patterns("tests"))
    (tmp_path / ".env").write_text("ORDER_PAYMENT_WINDOW=7\nSTRIPE_API_BASE=http://x.example\n")
    code = "import {} as s; print(s.ORDER_PAYMENT_WINDOW)"
    here = {"cwd": tmp_path, "env": {"PATH": os.environ["PATH"], "DEBUG": "true"}}
    for module, printed in (("shop.settings", ""), ("shop.testing.settings", "30\n")):
        command = [sys.executable, "-c", code.format(module)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, **here)
        assert done.stdout == printed, done.stderr


def test_an_empty_database_url_means_the_default():
    assert start(DATABASE_URL="").returncode == 0


@pytest.mark.parametrize("written", ["on", "1", "True", "no", "0", "OFF", ""])
def test_a_flag_has_several_spellings(written):
    assert start(THROTTLE=written).returncode == 0


def test_options_of_the_database_url_take_precedence():
    url = "postgres://a@b/c?options=-c%20work_mem=8MB%20-c%20statement_timeout=20s"
    code = "import shop.settings as s; print(s.DATABASES['default']['OPTIONS']['options'])"
    options = execute(code, DATABASE_URL=url).stdout
    assert options.startswith("-c lock_timeout=3s -c statement_timeout=10s ")
    assert options.endswith("-c work_mem=8MB -c statement_timeout=20s\n")


def test_a_secret_may_begin_with_a_dollar():
    assert start(SECRET_KEY=f"${secrets.token_urlsafe(32)}").returncode == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"SECRET_KEY": "a" * 32}, "SECRET_KEY can be guessed"),
        ({"JWT_SIGNING_KEY": "0123456789abcdef" * 3}, "JWT_SIGNING_KEY can be guessed"),
        ({"SECRET_KEY": f"django-insecure-{SECRET}"}, "SECRET_KEY is a published example"),
        (STRIPE | {"STRIPE_WEBHOOK_SECRET": "whsec_..."}, "STRIPE_WEBHOOK_SECRET can be guessed"),
        (
            STRIPE | {"STRIPE_WEBHOOK_SECRET": f"whsec_{WEBHOOK_SECRET},whsec_test"},
            "STRIPE_WEBHOOK_SECRET can be guessed",
        ),
        (
            STRIPE | {"STRIPE_WEBHOOK_SECRET": f"whsec_{TOKEN_SECRET}"},
            "STRIPE_WEBHOOK_SECRET equals JWT_SIGNING_KEY",
        ),
        (STRIPE | LIVE | {"STRIPE_SECRET_KEY": "sk_live_..."}, "STRIPE_SECRET_KEY can be guessed"),
        (
            {"DATABASE_URL": "postgres://shop:shop@db.example.com/shop"},
            "The password of DATABASE_URL (or POSTGRES_PASSWORD) is a published example",
        ),
    ],
)
def test_a_secret_that_can_be_guessed_is_refused_with_the_command_for_a_good_one(changes, reason):
    refused = start(**changes)
    message = refused.stderr.splitlines()[-1]
    assert refused.returncode == 1
    assert reason in message
    assert 'python -c "import secrets; print(secrets.token_urlsafe(48))"' in message
    for value in (*changes.values(), TOKEN_SECRET):
        assert value not in refused.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "serve"),
        ("manage.py", "worker", "--once"),
        ("manage.py", "migrate"),
        ("-c", "import shop.wsgi"),
        ("-c", "import shop.asgi"),
    ],
)
def test_nothing_starts_with_published_secrets(command):
    changes = {"DJANGO_SETTINGS_MODULE": "shop.settings", "DATABASE_URL": "sqlite:///:memory:"}
    refused = run(*command, SECRET_KEY=DEVELOPMENT_SECRET, **changes)
    assert refused.returncode == 1
    assert "SECRET_KEY is a published example. " in refused.stderr.splitlines()[-1]


def test_a_database_on_the_same_machine_may_have_any_password():
    assert start(DATABASE_URL="postgres://shop:shop@localhost/shop").returncode == 0


OF_THE_INTERPRETER = ["shop.I001"] if known_vulnerability(sys.version_info[:3]) else []


def check(**changes):
    """Return the exit code of the deployment check and the codes of what it found."""
    url = os.environ["DATABASE_URL"]  # Django 6 connects, so there must be a database
    database = url if url.startswith("postgres") else "sqlite:///:memory:"
    command = manage("check", "--deploy", "--fail-level", "WARNING")
    checked = execute(command, **({"DATABASE_URL": database} | changes))
    found = re.findall(r"\((\w+\.[A-Z]\d+)\)", checked.stdout + checked.stderr)
    return checked.returncode, sorted(found)


def test_a_production_environment_passes_the_deployment_check():
    assert check() == (0, OF_THE_INTERPRETER)


@pytest.mark.parametrize(
    ("version", "is_vulnerable"),
    [
        ((3, 11, 7), True),
        ((3, 11, 10), False),
        ((3, 12, 5), True),
        ((3, 12, 6), False),
        ((3, 13, 0), False),
        ((3, 14, 0), False),
    ],
)
def test_interpreters_with_a_known_vulnerability_are_reported(version, is_vulnerable):
    assert ("CVE-2024-7592" in known_vulnerability(version)) is is_vulnerable


def test_a_limit_has_the_same_default_in_settings_documentation_and_example():
    settings = (ROOT / "shop" / "settings.py").read_text()
    defaults = dict(re.findall(r'env\.int\("(\w+)", default=(\d+)\)', settings))
    example = dict(re.findall(r"^#(\w+)=(\d+)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    limits = [name for name in defaults if name.endswith(("_TIMEOUT", "_CONNECTIONS", "_ADDRESS"))]
    assert len(limits) == 6
    rows = [line.split("|") for line in PAGE.read_text().splitlines() if "| `" in line]
    table = {
        name: value
        for _, names, values, *_ in rows
        for name, value in zip(
            re.findall(r"`(\w+)`", names), re.findall(r"`(\w+)`", values), strict=False
        )
    }
    for name in limits:
        assert defaults[name] == example[name] == table[name], name


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            {
                "DEMO_PAYMENTS": "1",
                "EMAIL_URL": None,
                "SELLER_ADDRESS": None,
                "SELLER_IBAN": "DE00370400440532013000",
                "INVOICE_FONT": "/nowhere.ttf",
            },
            ["payments.E004", "payments.E005", "payments.W002", "shop.W001", "shop.W004"],
        ),
        (
            {
                "THROTTLE": "0",
                **STRIPE,
                "EMAIL_URL": "smtp://localhost",
                "SELLER_VAT_NUMBER": "DE136695977",
                "SELLER_IBAN": None,
                "PAYMENT_METHOD_NAMES": '{"crad": {"de": "Karte"}}',
            },
            [
                *("payments.E003", "payments.E006", "payments.W003"),
                *("shop.W002", "shop.W003", "shop.W005"),
            ],
        ),
    ],
)
def test_settings_for_tests_fail_the_deployment_check(changes, found):
    assert check(**changes) == (1, sorted([*found, *OF_THE_INTERPRETER]))


def test_settings_documentation_and_example_name_the_same_variables():
    settings = (ROOT / "shop" / "settings.py").read_text()
    read = (
        set(
            re.findall(
                r'(?:env\.\w+|_secret|_former_secrets|_rates|_flag|_text|_amount)\(\s*"([A-Z_]+)"',
                settings,
            )
        )
        - INTERNAL
        - OF_COMPOSE
    )
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert len(read) > 10
    assert read | OF_OTHERS == example == documented
