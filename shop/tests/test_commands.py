"""The management commands seed_demo, cleanup, sweep, serve and migrate."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Event

import django
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command, get_commands
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from cart.models import Promotion, ShippingMethod, ShippingRate, TaxRate, Voucher
from catalog.models import Category, Product, ProductChange, ProductImage, Sale, StockMovement
from catalog.tests.exchange import everything, export, import_content
from orders.factories import place_order
from orders.models import Order
from payments.factories import pay
from shop.management.commands import seed_demo
from shop.management.demo import details
from shop.management.demo.images import draw_image
from shop.management.demo.variants import DEMO_PRODUCTS, PRODUCTS_WITH_VARIANTS
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_database
from shop.testing.races import at_once, until_blocked
from shop.testing.server import environment_for, free_port
from shop.testing.starting import runner

ROOT = Path(__file__).resolve().parent.parent.parent


@on_one_database
def test_serve_refuses_a_port_that_is_in_use():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian listens
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            check=False,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DEBUG": "true", "PORT": port},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert refused.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in refused.stderr


def commands_of_the_shop():
    return sorted(
        {name for name, app in get_commands().items() if app == "shop"} - {"check", "migrate"}
    )


UNMIGRATED = "The database lacks migrations of this release: run manage.py migrate."


@pytest.fixture(scope="module")
def run_unmigrated(tmp_path_factory):
    """Runs a command on a database without tables."""
    folder = tmp_path_factory.mktemp("unmigrated")
    environment = environment_for(
        f"sqlite:///{folder}/db.sqlite3", DEBUG="true", DJANGO_SETTINGS_MODULE="shop.settings"
    )
    with runner("import django; django.setup()", environment) as run:
        yield lambda *command: run(
            "from django.core.management import execute_from_command_line as execute\n"
            f"execute({['manage.py', *command]!r})",
            environment,
        )


@on_one_database
@pytest.mark.parametrize("name", [name for name in commands_of_the_shop() if name != "serve"])
def test_a_command_on_an_unmigrated_database_says_what_to_do(run_unmigrated, tmp_path, name):
    arguments = {
        "import_products": [str(tmp_path / "products.csv")],
        "export_products": [str(tmp_path / "out.csv")],
        "load_tax_rates": [str(tmp_path / "rates.csv")],
        "preview_mail": ["order_placed"],
        "export_bookkeeping": ["--from", "2026-01-01", "--to", "2026-01-31"],
    }.get(name, [])
    (tmp_path / "products.csv").write_text("name,price\nTea,4.50\n")
    done = run_unmigrated(name, *arguments)
    assert (done.returncode, done.stderr) == (1, f"CommandError: {UNMIGRATED}\n")
    assert not (tmp_path / "out.csv").exists()


@on_one_database
def test_the_server_on_an_unmigrated_database_says_what_to_do(tmp_path):
    """It is not ready until they are applied. On Linux it has started again with huge pages."""
    environment = environment_for(
        f"sqlite:///{tmp_path}/db.sqlite3", DEBUG="true", PORT=str(free_port())
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process.stdout as output:
        assert any(UNMIGRATED in line for line in output)
        if sys.platform == "linux":
            variables = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
            assert b"GLIBC_TUNABLES=glibc.malloc.hugetlb=1" in variables
        process.terminate()
    process.wait(60)


def test_the_demo_products_are_plausible():
    assert len(DEMO_PRODUCTS) >= 60
    assert len(PRODUCTS_WITH_VARIANTS) >= 12
    assert len({product.name for product in DEMO_PRODUCTS}) == len(DEMO_PRODUCTS)
    assert details.PRODUCT_DETAILS.keys() <= {product.name for product in DEMO_PRODUCTS}
    for product in DEMO_PRODUCTS:
        assert re.fullmatch(r"[1-9]\d*\.\d\d", product.price)
        assert 20 < len(product.description) <= 200
        assert product.stock >= 0
    assert any(product.stock == 0 for product in DEMO_PRODUCTS)


def test_seeding_twice_creates_no_duplicates(db, capsys, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    for loaded in (len(DEMO_PRODUCTS), 0):
        call_command("seed_demo")
        assert capsys.readouterr().out == f"{loaded} demo products loaded\n"
    assert Product.objects.listed().count() == len(DEMO_PRODUCTS)
    assert Product.objects.filter(has_variants=True).count() == len(PRODUCTS_WITH_VARIANTS)
    assert Sale.objects.count() == 1
    configuration = (ShippingMethod, ShippingRate, TaxRate, Promotion, Voucher)
    assert [model.objects.count() for model in configuration] == [2, 3, 3, 2, 1]
    assert Category.objects.count() == len(details.CATEGORIES)
    assert not Product.objects.listed().filter(category=None).exists()
    shown = ProductImage.objects.values_list("product_id", flat=True)
    assert set(Product.objects.listed().values_list("pk", flat=True)) <= set(shown)
    for picture in ProductImage.objects.all():
        assert picture.large.storage.exists(picture.large.name)
        assert picture.small.storage.exists(picture.small.name)
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_seeding_twice_at_once_creates_no_duplicates(monkeypatch, settings):
    settings.DEBUG = True
    monkeypatch.setattr(seed_demo, "DEMO_PRODUCTS", DEMO_PRODUCTS[:2])
    begun = Event()

    def seed():
        seed_demo.load_catalog(with_images=False)
        seed_demo.load_checkout()
        seed_demo.get_or_create_user(*seed_demo.CUSTOMER)

    def seed_first():
        with transaction.atomic():
            seed()
            begun.set()
            until_blocked(1)

    def seed_second():
        assert begun.wait(60)
        seed()

    at_once(seed_first, seed_second)
    configuration = (Product, ShippingMethod, ShippingRate, TaxRate, Promotion, Voucher, User)
    variants = sum(len(product.variants) for product in DEMO_PRODUCTS[:2])
    assert [model.objects.count() for model in configuration] == [2 + variants, 2, 3, 3, 2, 1, 1]
    assert Category.objects.count() == len(details.CATEGORIES)
    assert Sale.objects.count() == 1


def test_a_demo_image_depends_on_the_product_only():
    mug, again, jug = (draw_image(name, "cup") for name in ("Mug", "Mug", "Jug"))
    assert mug.size == (800, 800)
    assert mug.tobytes() == again.tobytes()
    assert mug.tobytes() != jug.tobytes()


@on_one_database
def test_the_demo_products_can_be_exported_and_imported(db):
    call_command("seed_demo", "--without-pictures")
    before = everything()
    counts, _ = import_content(export())
    words = len(details.CATEGORIES) + len(details.ATTRIBUTES)
    assert counts == (0, 0, len(DEMO_PRODUCTS) + words, 0)
    assert everything() == before


@on_one_database
def test_seeding_restores_missing_products_and_keeps_changed_ones(db, capsys):
    call_command("seed_demo", "--without-pictures")
    changed, missing = Product.objects.order_by("pk")[:2]
    Product.objects.filter(pk=changed.pk).update(price=1)
    for rows in (StockMovement, ProductChange):
        rows.objects.filter(product=missing).delete()
    missing.delete()
    call_command("seed_demo", "--without-pictures")
    assert Product.objects.listed().count() == len(DEMO_PRODUCTS)
    assert Product.objects.get(pk=changed.pk).price == 1


def test_if_empty_loads_nothing_into_a_shop_with_products(tea, capsys):
    call_command("seed_demo", "--if-empty")
    assert Product.objects.count() == 1


@on_one_database
@pytest.mark.django_db(transaction=True)
def test_with_logins_creates_accounts_and_orders(settings, capsys):
    settings.DEBUG = True
    for _ in range(2):
        call_command("seed_demo", "--with-logins", "--without-pictures")
        output = capsys.readouterr().out
    assert sorted(Order.objects.values_list("status", flat=True)) == [
        "cancelled",
        "confirmed",
        "delivered",
        "paid",
        "pending",
        "shipped",
    ]
    logins = re.findall(r"(\w+)\s+password\s+(\S+)", output)
    assert [name for name, _ in logins] == ["demo", "staff"]
    for name, password in logins:
        answer = APIClient().post("/api/login/", {"username": name, "password": password})
        assert answer.status_code == 200
    staff = dict(zip(("username", "password"), logins[1], strict=True))
    assert Client().post("/admin/login/?next=/admin/", staff)["Location"] == "/admin/"
    assert_audit_passes()


def test_with_logins_is_refused_in_production(db):
    with pytest.raises(CommandError, match="needs DEBUG"):
        call_command("seed_demo", "--with-logins")
    assert not User.objects.exists()
    assert not Product.objects.exists()


def test_cleanup_deletes_everything_expired_in_batches(ada, monkeypatch, capsys):
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    from shop.management.commands import cleanup

    monkeypatch.setattr(cleanup, "BATCH", 2)
    OutstandingToken.objects.bulk_create(
        OutstandingToken(jti=f"old{n}", token="", expires_at="2020-01-01T00:00:00Z")
        for n in range(7)
    )
    Session.objects.create(session_key="old", session_data="", expire_date="2020-01-01T00:00:00Z")
    call_command("cleanup")
    assert "7 expired tokens deleted" in capsys.readouterr().out
    assert OutstandingToken.objects.count() == 2
    assert not Session.objects.exists()


def test_sweep_once_runs_each_job(ada, tea, capsys):
    payment = pay(place_order(ada.user, tea), token="demo_late")
    call_command("sweep", "--once")
    payment.refresh_from_db()
    assert payment.status == "succeeded"
    output = capsys.readouterr().out
    assert output.startswith("1 payments settled\n0 orders expired\n")
    assert "0 expired tokens deleted" in output


@pytest.mark.parametrize("every", ["0", "-5"])
def test_the_interval_of_the_worker_is_positive(db, every):
    with pytest.raises(CommandError, match="1 second or more"):
        call_command("sweep", "--every", every)


@on_one_database
@pytest.mark.skipif(django.VERSION >= (6,), reason="Django 6 reads the database before a start")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_survives_database_errors_and_stops_on_signals(tmp_path, number):
    """Without a database every run fails. The worker logs it and continues."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/missing/db.sqlite3"}
    command = [sys.executable, "manage.py", "sweep", "--every", "1"]
    sweep = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        lines = [sweep.stderr.readline() for _ in range(2)]
        sweep.send_signal(number)
        assert sweep.wait(timeout=60) == 0
    finally:
        sweep.kill()
        sweep.stderr.close()
    assert all("the database failed a run" in line for line in lines)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no time limit")
@pytest.mark.django_db(transaction=True)
def test_a_migration_may_take_longer_than_a_request():
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("10s",)
        call_command("migrate", verbosity=0)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
    connection.close()
