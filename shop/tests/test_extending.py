"""The example app of docs/extending.md, installed from another folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.models import Product
from orders.models import Order
from shop.core.models import EventDelivery
from shop.testing.assertions import assert_audit_passes
from shop.testing.fixtures import Caller
from shop.testing.marks import on_one_database
from shop.testing.server import ROOT, environment_for, manage, running_shop, send
from shop.testing.serving import url_of_the_tests_database

PAGE = (ROOT / "docs" / "extending.md").read_text()
pytestmark = pytest.mark.django_db(transaction=True)


def write_app(folder: Path) -> None:
    app = folder / "company_invoices"
    (app / "migrations").mkdir(parents=True)
    for name in ("__init__.py", "migrations/__init__.py"):
        (app / name).touch()
    files = re.findall(r"<!-- file: (\w+\.py) -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(files) == 5
    for name, code in files:
        (app / name).write_text(code)


@pytest.fixture
def environment(tmp_path):
    """The environment variables that install the app. Its table is dropped afterwards."""
    write_app(tmp_path)
    more = {"EXTRA_APPS": "company_invoices", "PYTHONPATH": str(tmp_path)}
    environment = environment_for(url_of_the_tests_database(), **more)
    yield more
    manage(environment | more, "migrate", "company_invoices", "zero", "--verbosity", "0")


@on_one_database
def test_the_example_app_works(environment, tmp_path, ada, bob, tea):
    before = _files_of_the_shop()
    database = url_of_the_tests_database()
    whole = environment_for(database, **environment)
    commands = PAGE.split("<!-- commands -->\n```sh\n")[1].split("```")[0]
    for arguments in (["makemigrations", "company_invoices"], ["migrate"]):
        assert f"manage.py {' '.join(arguments)}\n" in commands
        manage(whole, *arguments)
    assert (tmp_path / "company_invoices" / "migrations" / "0001_initial.py").exists()

    with running_shop(database, **_secrets(), **environment) as shop:
        order_id = _buy(shop.url, ada, tea)
        assert _invoices(shop.url, ada) == [
            {"id": 1, "order_id": order_id, "amount": "9.00", "number": None}
        ]
        # The others make the invoice of the shop, and look for an account of the order (twice).
        assert shop.manage("worker", "--once").splitlines()[-1] == "4 event handlers run"
        assert [row["number"] for row in _invoices(shop.url, ada)] == [2]
        assert _invoices(shop.url, bob) == []
        assert send(shop.url, "GET", "/api/invoices/").status == 401
        assert send(shop.url, "GET", "/api/").json()["invoices"].endswith("/api/invoices/")
        assert "/api/invoices/:" in send(shop.url, "GET", "/api/schema/").body.decode()
    assert EventDelivery.objects.get(handler="company_invoices.number").done_at is not None
    assert Order.objects.get().status == "paid"
    assert_audit_passes()
    assert _files_of_the_shop() == before


def _secrets():
    from django.conf import settings

    return {"SECRET_KEY": settings.SECRET_KEY, "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY}


def _buy(url: str, buyer: Caller, product: Product) -> int:
    def post(path, body):
        answer = send(url, "POST", path, body, token=buyer.pair.token)
        assert answer.status == 201 or path == "/api/cart/add/", answer.body
        return answer.json()

    cart = post("/api/cart/add/", {"product_id": product.pk, "quantity": 2})
    order = post("/api/orders/", {"cart_id": cart["cart_id"]})
    body = {"order_id": order["order_id"], "payment_method": "invoice"}
    assert post("/api/payments/", body)["status"] == "succeeded"
    return order["order_id"]


def _invoices(url: str, caller: Caller):
    return send(url, "GET", "/api/invoices/", token=caller.pair.token).json()["invoices"]


def _files_of_the_shop() -> str:
    """Return the changes that git reports, "" if this is no checkout."""
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout


def test_the_example_app_passes_ruff(tmp_path):
    write_app(tmp_path)
    for arguments in (["check", "--ignore", "ALL", "--select", "E,F,I,W"], ["format", "--check"]):
        config = ["--config", str(ROOT / "pyproject.toml")]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, *config, str(tmp_path)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
