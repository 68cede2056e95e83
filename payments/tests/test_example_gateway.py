"""The gateway of docs/payments.md does what the protocol promises, against a till of its own."""

import json
import types
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from orders.factories import place_order
from orders.services import cancel_order
from payments import jobs
from payments.factories import give_back, pay
from payments.gateways import registry
from payments.models import Payment
from shop.testing.books import assert_books_balance

PAGE = Path(__file__).resolve().parents[2] / "docs" / "payments.md"


class Till(BaseHTTPRequestHandler):
    """PUT, GET and DELETE of charges and refunds, kept by their path."""

    kept: dict[str, dict[str, str]] = {}
    lost: list[str] = []

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.kept.setdefault(self.path, {"status": "succeeded", "id": "till_1", **body})
        self.answer()

    def do_GET(self):
        self.answer()

    def do_DELETE(self):
        self.kept.setdefault(self.path, {"status": "cancelled", "id": "till_1"})
        self.answer()

    def answer(self):
        if self.command in self.lost:
            self.lost.remove(self.command)
            self.close_connection = True
            return
        found = self.kept.get(self.path)
        body = json.dumps(found or {}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def till(monkeypatch) -> Iterator[type[Till]]:
    Till.kept, Till.lost = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Till)
    Thread(target=server.serve_forever, daemon=True).start()
    example = types.ModuleType("example")
    code = PAGE.read_text().split("<!-- gateway -->\n```python\n")[1].split("```")[0]
    monkeypatch.setitem(__import__("sys").modules, "example", example)
    exec(compile(code, str(PAGE), "exec"), example.__dict__)  # noqa: S102 - our own page
    gateway = example.TillGateway(f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setitem(registry._gateways, "till", gateway)
    yield Till
    server.shutdown()
    server.server_close()


def test_it_pays_and_gives_back(ada, amy, tea, till):
    payment = pay(place_order(ada.user, tea, quantity=2), method="till")
    assert (payment.status, payment.provider_reference) == ("succeeded", "till_1")
    assert give_back(payment, "4.00", actor=amy.user).status == "succeeded"
    assert [row["amount"] for row in till.kept.values()] == ["9.00", "4.00"]
    assert_books_balance()


def test_a_lost_answer_is_found_by_its_key(ada, tea, till):
    till.lost.append("PUT")
    payment = pay(place_order(ada.user, tea), method="till")
    assert payment.status == "pending"
    assert jobs.settle_payments() == 1
    assert Payment.objects.get().status == "succeeded"
    assert len(till.kept) == 1
    assert_books_balance()


def test_late_money_goes_back(ada, tea, till):
    till.lost.append("PUT")
    payment = pay(place_order(ada.user, tea), method="till")
    cancel_order(order_id=payment.order_id, actor=ada.user)
    jobs.settle_payments()
    assert Payment.objects.get().status == "refunded"
    assert_books_balance()
