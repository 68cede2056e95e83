"""Ids of requests and traces: which are accepted, and what a call of another service gets."""

import re

import pytest
from django.db import transaction

from shop.core import deliveries, events, tracing
from shop.core.logs import request_id
from shop.core.models import Event

LIST = "/api/products/"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def behind_proxy(settings):
    settings.NUM_PROXIES = 1


@pytest.mark.parametrize("given", ["a", "9f1c" * 16, "req_1.2:3+4=5/6@7-8"])
def test_the_id_of_a_proxy_is_used(behind_proxy, anyone, db, given):
    assert anyone.get(LIST, headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", "a" * 65, "a b", 'a"b', "-a", "a\tb", "ä", "a,b", "{a}", "a%0Ab", "<a>"]
)
def test_a_malformed_id_is_replaced(behind_proxy, anyone, db, given):
    answer = anyone.get(LIST, headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])


def headers_passed_on(**headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    origin = tracing.origin_of("192.0.2.1", lambda name: given.get(name, ""))
    tokens = tracing.enter(origin)
    try:
        return tracing.outgoing_headers()
    finally:
        tracing.leave(tokens)


def test_a_trace_is_passed_on_with_a_new_parent(behind_proxy):
    passed = headers_passed_on(x_request_id="r-1", traceparent=VALID, tracestate="vendor=1,b=2")
    assert passed["X-Request-ID"] == "r-1"
    assert passed["tracestate"] == "vendor=1,b=2"
    version, trace, parent, flags = passed["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert re.fullmatch("[0-9a-f]{16}", parent)
    assert parent != PARENT


@pytest.mark.parametrize(
    "given",
    [
        "",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}",
        f"{VALID}\r\nX-Other: 1",
        f"{VALID},{VALID}",
    ],
)
def test_an_invalid_trace_is_not_passed_on(behind_proxy, given):
    passed = headers_passed_on(x_request_id="r-1", traceparent=given, tracestate="vendor=1")
    assert passed == {"X-Request-ID": "r-1"}


def test_a_trace_of_a_later_version_is_passed_on(behind_proxy):
    passed = headers_passed_on(traceparent=f"01-{TRACE}-{PARENT}-01-more")
    assert passed["traceparent"].startswith(f"00-{TRACE}-")


def test_a_malformed_state_is_not_passed_on(behind_proxy):
    assert "tracestate" not in headers_passed_on(traceparent=VALID, tracestate="a=\x07")
    assert "tracestate" not in headers_passed_on(traceparent=VALID, tracestate="a" * 513)


def test_without_a_proxy_nothing_is_accepted(settings):
    settings.NUM_PROXIES = 0
    passed = headers_passed_on(x_request_id="r-1", traceparent=VALID, tracestate="vendor=1")
    assert list(passed) == ["X-Request-ID"]
    assert passed["X-Request-ID"] != "r-1"


@pytest.mark.parametrize(
    ("proxies", "client"), [(0, "198.51.100.7"), (1, "203.0.113.9"), (2, "192.0.2.1")]
)
def test_the_client_is_the_address_before_the_proxies(settings, proxies, client):
    settings.NUM_PROXIES = proxies
    forwarded = {"x-forwarded-for": "192.0.2.1, 203.0.113.9"}
    origin = tracing.origin_of("198.51.100.7", lambda name: forwarded.get(name, ""))
    assert origin.client == client


@pytest.mark.django_db(transaction=True)
def test_a_handler_runs_under_the_id_of_the_request_that_caused_its_event(monkeypatch):
    seen = []
    monkeypatch.setattr(events, "_registered", {})
    events.register("order.paid", lambda _: seen.append(request_id.get()), name="seen")
    deliveries.dispatch()
    with tracing.working_on("r-7"), transaction.atomic():
        events.record("order.paid", object_type="order", object_id=7, data={})
    with transaction.atomic():
        events.record("order.paid", object_type="order", object_id=8, data={})
    assert list(Event.objects.order_by("pk").values_list("request_id", flat=True)) == ["r-7", None]
    deliveries.dispatch()
    while deliveries.deliver_next():
        pass
    assert seen == ["r-7", ""]
    assert request_id.get() == ""


def test_a_note_outside_of_a_request_has_no_effect():
    tracing.note(order_id=7)
    with tracing.working_on("r-1", order_id=8):
        tracing.note(payment_id=9)
        with tracing.working_on(None, order_id=10):
            assert request_id.get() == "r-1"
    assert tracing.outgoing_headers() == {}
