"""The example of docs/payments.md: its gateway, and its app, which needs no change to the shop."""

import json
import sys
import types
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from orders.factories import place_order
from orders.services import cancel_order
from payments import jobs
from payments.factories import pay, refund_payment
from payments.gateways import registry
from payments.models import Payment
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_database
from shop.testing.starting import manage, runner

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "payments.md"


def block(name):
    """Return the Python code below a marker of the page."""
    return PAGE.read_text().split(f"<!-- {name} -->\n```python\n")[1].split("```")[0]


class Till(BaseHTTPRequestHandler):
    """A provider with PUT, GET and DELETE of charges and refunds, stored by their path."""

    stored: dict[str, dict[str, str]] = {}
    lost: list[str] = []
    """Methods whose next response is lost."""

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.stored.setdefault(self.path, {"status": "succeeded", "id": "till_1", **body})
        self.answer()

    def do_GET(self):
        self.answer()

    def do_DELETE(self):
        self.stored.setdefault(self.path, {"status": "cancelled", "id": "till_1"})
        self.answer()

    def answer(self):
        if self.command in self.lost:
            self.lost.remove(self.command)
            self.close_connection = True
            return
        row = self.stored.get(self.path)
        body = json.dumps(row or {}).encode()
        self.send_response(200 if row else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def till(monkeypatch, settings) -> Iterator[type[Till]]:
    Till.stored, Till.lost = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Till)
    Thread(target=server.serve_forever, daemon=True).start()
    example = types.ModuleType("example")
    monkeypatch.setitem(sys.modules, "example", example)
    exec(compile(block("gateway"), str(PAGE), "exec"), example.__dict__)  # noqa: S102 - our own page
    gateway = example.TillGateway(f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setitem(registry._gateways, "till", gateway)
    settings.PAYMENT_METHODS = [*settings.PAYMENT_METHODS, "till"]
    yield Till
    server.shutdown()
    server.server_close()


def test_the_example_charges_and_refunds(ada, amy, tea, till):
    payment = pay(place_order(ada.user, tea, quantity=2), method="till")
    assert (payment.status, payment.provider_reference) == ("succeeded", "till_1")
    assert refund_payment(payment, "4.00", actor=amy.user).status == "succeeded"
    assert [row["amount"] for row in till.stored.values()] == ["9.00", "4.00"]
    assert_audit_passes()


def test_a_lost_response_is_found_by_its_key(ada, tea, till):
    till.lost.append("PUT")
    payment = pay(place_order(ada.user, tea), method="till")
    assert payment.status == "pending"
    assert jobs.settle_payments() == 1
    assert Payment.objects.get().status == "succeeded"
    assert len(till.stored) == 1
    assert_audit_passes()


def test_a_late_payment_is_refunded(ada, tea, till):
    till.lost.append("PUT")
    payment = pay(place_order(ada.user, tea), method="till")
    cancel_order(order_id=payment.order_id, actor=ada.user)
    jobs.settle_payments()
    assert Payment.objects.get().status == "refunded"
    assert_audit_passes()


@pytest.fixture(scope="module")
def interpreter():
    with runner() as run:
        yield run


def run_with_app(run, folder, *, code="till"):
    """Install the example app in ``folder``; print the available payment methods with it."""
    app = folder / "till"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "apps.py").write_text(block("gateway app"))
    gateway = block("gateway")
    assert gateway.count('code: str = "till"') == 1
    (app / "gateway.py").write_text(gateway.replace('code: str = "till"', f'code: str = "{code}"'))
    (folder / "till_settings.py").write_text(
        "from shop.testing.settings import *\n\nINSTALLED_APPS += ['till']\n"
        "PAYMENT_METHODS += ['till']\n"
    )
    methods = "from payments import gateways; print(*gateways.enabled())"
    environment = {"PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "till_settings"}
    return run(manage("shell", "-c", methods), environment)


@on_one_database
def test_an_app_registers_its_gateway_without_changing_the_shop(interpreter, tmp_path):
    done = run_with_app(interpreter, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "card cash_on_delivery bank_transfer till"


@on_one_database
def test_the_shop_does_not_start_with_two_gateways_that_have_the_same_code(interpreter, tmp_path):
    done = run_with_app(interpreter, tmp_path, code="card")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "The settings of the shop are wrong: Two payment gateways have the code 'card': "
        "payments.gateways.demo.DemoGateway and till.gateway.TillGateway. "
        "Change the code of one of them."
    )


@on_one_database
@pytest.mark.parametrize("code", ["till no. 1", "Kasse/Süd", "", "t" * 31])
def test_the_shop_does_not_start_with_a_code_that_events_cannot_contain(
    interpreter, tmp_path, code
):
    """Otherwise no payment of the gateway could be settled, after the money was captured."""
    done = run_with_app(interpreter, tmp_path, code=code)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "The settings of the shop are wrong: The code of a payment gateway must have 1 to "
        f"30 letters, digits, hyphens and underscores, not {code!r}: till.gateway.TillGateway."
    )
