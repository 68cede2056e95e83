"""Webhooks of the fake Stripe: their signatures and their delivery plans."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread

import pytest
import stripe

from payments.tests.fake_stripe.client import sign
from payments.tests.fake_stripe.webhooks import WEBHOOK_SECRET
from payments.tests.test_fake_stripe import buy
from shop.testing.marks import on_one_database

pytestmark = on_one_database

KINDS = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


class Listener(ThreadingHTTPServer):
    """Receives webhooks, and responds with the statuses in ``statuses``, then with 200."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        self.seen, self.statuses, self.arrived = [], [], Condition()

    def wait_for(self, count):
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.seen) >= count, timeout=60), self.seen
            return [json.loads(body)["type"] for body, _ in self.seen]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.arrived:
            self.server.seen.append((body, self.headers["Stripe-Signature"]))
            status = self.server.statuses.pop(0) if self.server.statuses else 200
            self.server.arrived.notify()
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def listener():
    server = Listener()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def construct(body, signature, secret=WEBHOOK_SECRET):
    return stripe.Webhook.construct_event(body, signature, secret)


def test_webhooks_are_signed(stripe_api, fake_stripe, listener):
    fake_stripe.send_webhooks(listener.url)
    intent = buy(stripe_api)
    assert sorted(listener.wait_for(3)) == sorted(KINDS)
    events = [construct(*each) for each in listener.seen]
    assert intent.id in {event.data.object.id for event in events}
    assert {event.id for event in events} == {each["id"] for each in fake_stripe.events()}
    for body, signature in listener.seen:
        with pytest.raises(stripe.SignatureVerificationError):
            construct(body, signature, "whsec_other")
        with pytest.raises(stripe.SignatureVerificationError):
            construct(body.replace(b"900", b"100") + b" ", signature)


def test_webhooks_are_signed_with_both_secrets(stripe_api, fake_stripe, listener):
    fake_stripe.send_webhooks(listener.url, secrets=["whsec_old", "whsec_new"])
    buy(stripe_api)
    listener.wait_for(3)
    for secret in ("whsec_old", "whsec_new"):
        assert construct(*listener.seen[0], secret).livemode is False


def test_a_webhook_is_sent_again_until_a_2xx(stripe_api, fake_stripe, listener):
    listener.statuses = [500, 302, 400]
    fake_stripe.send_webhooks(listener.url)
    buy(stripe_api)
    assert sorted(set(listener.wait_for(6))) == sorted(KINDS)


def test_held_webhooks_are_released_in_any_order(stripe_api, fake_stripe, listener):
    fake_stripe.send_webhooks(listener.url, hold=True)
    buy(stripe_api)
    assert listener.seen == []
    done = fake_stripe.release(order="reversed", copies=2)
    assert [each["status"] for each in done] == [200] * 6
    assert listener.wait_for(6) == [kind for kind in reversed(KINDS) for _ in range(2)]
    assert fake_stripe.release() == []


def test_held_webhooks_are_released_by_kind(stripe_api, fake_stripe, listener):
    fake_stripe.send_webhooks(listener.url, hold=True)
    buy(stripe_api)
    fake_stripe.release(kinds=["charge.succeeded"])
    assert listener.wait_for(1) == ["charge.succeeded"]
    assert len(fake_stripe.deliveries()["held"]) == 2


def test_webhooks_are_duplicated_and_withheld(stripe_api, fake_stripe, listener):
    fake_stripe.send_webhooks(listener.url, duplicate=1.0)
    buy(stripe_api)
    assert sorted(listener.wait_for(6)) == sorted(KINDS * 2)
    fake_stripe.send_webhooks(listener.url, withhold=1.0)
    buy(stripe_api)
    assert fake_stripe.wait_until_idle(60)
    assert len(fake_stripe.deliveries()["withheld"]) == 3
    assert len(listener.seen) == 6


def test_delayed_webhooks_change_their_order(stripe_api, fake_stripe, listener):
    fake_stripe.send_webhooks(listener.url, delay=0.5, seed=3)
    for _ in range(4):
        buy(stripe_api)
    arrived = listener.wait_for(12)
    assert arrived != KINDS * 4
    assert sorted(arrived) == sorted(KINDS * 4)


def test_an_old_signature_is_outside_the_tolerance():
    body, signature = sign({"object": "event", "id": "evt_1"}, at=time.time() - 301)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        construct(body, signature)
    assert construct(*sign({"object": "event", "id": "evt_1"})).id == "evt_1"
