"""The client of requests to URLs that staff enter: it never reaches the network of the shop."""

import socket
import ssl
import subprocess
from dataclasses import replace
from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop.core import outbound
from shop.core.outbound import Limits, OutboundError, UrlRefused, check_url, send
from shop.core.outbound_settings import networks, schemes
from shop.core.public_addresses import is_public
from shop.testing.marks import on_one_database
from shop.testing.receiver import DROP, Reply, receiving

pytestmark = on_one_database

QUICK = Limits(seconds=0.4, connect_seconds=0.3)


@pytest.fixture(autouse=True)
def _settings(settings):
    """One address of this machine may be requested, as a test of a shop would allow it."""
    settings.OUTBOUND_SCHEMES = ("http", "https")
    settings.OUTBOUND_PRIVATE_NETWORKS = (ip_network("127.0.0.1/32"),)


@pytest.fixture
def server():
    with receiving() as running:
        yield running


@pytest.fixture
def inner():
    """A server of the shop's own network, which no request may reach."""
    with receiving("127.0.0.2") as running:
        yield running


@pytest.fixture
def resolver(monkeypatch):
    """The addresses of ``shop.example``: a list for each time that it is asked."""
    answers, asked, real = [], [], socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if host != "shop.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        found = answers.pop(0)
        return [row for address in found for row in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return SimpleNamespace(answers=answers, asked=asked)


def by_name(server, name="shop.example"):
    return server.url.replace("127.0.0.1", name)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("0.0.0.1", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.31.255.255", False),
        ("192.0.0.8", False),
        ("192.168.1.1", False),
        ("198.19.0.1", False),
        ("224.0.0.251", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("2001::1", False),
        ("2001:db8::1", False),
        ("2002:7f00:1::", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::fb", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_public(address, expected):
    assert is_public(address) is expected


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://127.0.0.2/", "The host has an address that is not public."),
        ("https://[::1]/", "The host has an address that is not public."),
        ("https://[::ffff:10.0.0.1]:8443/x", "The host has an address that is not public."),
        ("ftp://example.com/", "The URL must begin with http:// or https://."),
        ("file:///etc/passwd", "The URL must begin with http:// or https://."),
        ("example.com", "The URL must begin with http:// or https://."),
        ("https://ada:secret@example.com/", "must not contain a user name or a password."),
        ("https:///path", "The URL must have a host."),
        ("https://example.com:99999/", "This is not a URL."),
        ("https://exa mple.com/", "This is not a URL."),
        ("https://example.com/\r\nX-Injected: 1", "This is not a URL."),
        (f"https://example.com/{'a' * 500}", "This is not a URL."),
    ],
)
def test_urls_that_are_refused_before_anything_is_resolved(resolver, url, sentence):
    with pytest.raises(UrlRefused, match=sentence.replace(".", r"\.")):
        check_url(url)


def test_http_can_be_forbidden(settings, server):
    settings.OUTBOUND_SCHEMES = ("https",)
    with pytest.raises(UrlRefused, match="must begin with https://"):
        send("GET", server.url)
    assert server.requests == []


def test_a_request_and_its_response(server):
    server.replies.append(Reply(201, {"X-Kind": "tea"}, b"made"))
    response = send("POST", f"{server.url}/a?b=1", headers={"X-Own": "1"}, body=b"{}")
    assert (response.status, response.body, response.headers["x-kind"]) == (201, b"made", "tea")
    (received,) = server.requests
    assert (received.method, received.path, received.body) == ("POST", "/a?b=1", b"{}")
    assert received.headers["x-own"] == "1"
    assert received.headers["host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize(
    "spelling", ["127.0.0.2", "0x7f.0.0.2", "2130706434", "127.2", "017700000002"]
)
def test_no_spelling_of_a_private_address_is_requested(inner, spelling):
    with pytest.raises(UrlRefused, match="not public"):
        send("GET", inner.url.replace("127.0.0.2", spelling))
    assert inner.requests == []


def test_a_name_with_a_private_address_is_refused_even_beside_a_public_one(server, inner, resolver):
    resolver.answers += [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"]]
    for _ in range(2):
        with pytest.raises(UrlRefused, match="not public"):
            send("GET", by_name(server))
    assert server.requests == inner.requests == []


def test_a_resolver_that_changes_its_answer_leads_nowhere_else(server, resolver):
    """The host is resolved once, and the connection goes to the address that was checked."""
    port = int(server.url.rpartition(":")[2])
    resolver.answers += [["127.0.0.1"], ["127.0.0.2"]]
    with receiving("127.0.0.2", port) as inner:
        assert send("GET", by_name(server)).status == 204
        assert (len(server.requests), len(inner.requests)) == (1, 0)
        assert server.requests[0].headers["host"] == f"shop.example:{port}"
        assert resolver.asked == ["shop.example"]
        with pytest.raises(UrlRefused):
            send("GET", by_name(server))
        assert inner.requests == []


def test_the_next_address_is_used_if_the_first_does_not_respond(settings, server, resolver):
    settings.OUTBOUND_PRIVATE_NETWORKS = (ip_network("127.0.0.0/8"),)
    resolver.answers.append(["127.0.0.3", "127.0.0.1"])
    assert send("GET", by_name(server)).status == 204
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "{inner}/",
        "http://shop.example:1/",
        "http://169.254.169.254/latest/",
        "ftp://127.0.0.1/",
        "//[::1",
    ],
)
def test_each_redirection_is_checked_as_the_first_url(server, inner, resolver, status, location):
    resolver.answers.append(["10.0.0.1"])
    location = location.format(inner=inner.url)
    server.replies.append(Reply(status, {"Location": location}))
    with pytest.raises(UrlRefused):
        send("POST", server.url, body=b"{}", limits=Limits(max_redirects=3))
    assert (len(server.requests), inner.requests) == (1, [])


def test_redirections_are_followed_up_to_their_limit(server):
    server.usual = Reply(307, {"Location": "/again"})
    response = send("POST", server.url, body=b"{}", limits=Limits(max_redirects=2))
    assert (response.status, response.url) == (307, f"{server.url}/again")
    assert [(r.method, r.path, r.body) for r in server.requests] == [
        ("POST", "/", b"{}"),
        ("POST", "/again", b"{}"),
        ("POST", "/again", b"{}"),
    ]
    assert send("GET", server.url).status == 307  # none by default
    assert len(server.requests) == 4


def test_another_origin_gets_neither_the_body_nor_the_token(settings, server):
    settings.OUTBOUND_PRIVATE_NETWORKS = (ip_network("127.0.0.0/8"),)
    with receiving("127.0.0.4") as other:
        server.replies.append(Reply(303, {"Location": other.url}))
        headers = {"Authorization": "Bearer secret", "X-Own": "1"}
        send("POST", server.url, headers=headers, body=b"{}", limits=Limits(max_redirects=1))
    (received,) = other.requests
    assert (received.method, received.body) == ("GET", b"")
    assert received.headers["x-own"] == "1"
    assert "authorization" not in received.headers


def test_a_large_response_is_refused_or_cut(server):
    server.usual = Reply(200, body=b"x" * 5000)
    limits = Limits(max_bytes=1000)
    with pytest.raises(OutboundError, match="too large"):
        send("GET", server.url, limits=limits)
    assert send("GET", server.url, limits=replace(limits, may_be_cut=True)).body == b"x" * 1000
    compressed = Reply(200, {"Content-Encoding": "gzip"}, b"not decoded")
    server.replies.append(compressed)
    assert send("GET", server.url).body == b"not decoded"


@pytest.mark.parametrize(
    "reply",
    [Reply(200, body=b"slow", pause=3), Reply(200, body=b"drop by drop", parts=12, pause=0.1)],
    ids=["silent", "slow"],
)
def test_the_time_is_limited_in_total(server, reply):
    server.replies.append(reply)
    with pytest.raises(OutboundError, match="in time"):
        send("GET", server.url, limits=QUICK)


def test_a_connection_that_breaks_is_an_error_without_data(server):
    server.replies.append(DROP)
    with pytest.raises(OutboundError, match=r"The connection failed: RemoteDisconnected\."):
        send("GET", f"{server.url}/secret-path")
    with pytest.raises(OutboundError, match=r"The connection failed: NewConnectionError\."):
        send("GET", "http://127.0.0.1:1/secret-path")


def test_names_that_cannot_be_resolved(monkeypatch, server):
    def fail(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(OutboundError, match="cannot be resolved"):
        send("GET", by_name(server))


def test_the_proxy_of_the_environment_is_not_used(monkeypatch, server, inner):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, inner.url)
    assert send("GET", server.url).status == 204
    assert (len(server.requests), inner.requests) == (1, [])


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for ``shop.example``, which this process trusts."""
    key, path = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=shop.example", "-keyout", key, "-out", path),
            *("-addext", "subjectAltName=DNS:shop.example"),
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    outbound._tls.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    yield context
    outbound._tls.cache_clear()


def test_tls_checks_the_name_of_the_host(certificate, resolver):
    with receiving(context=certificate) as server:
        resolver.answers += [["127.0.0.1"]]
        assert send("GET", by_name(server)).status == 204
        with pytest.raises(OutboundError, match="certificate of the host is not valid"):
            send("GET", server.url)  # the certificate is not for 127.0.0.1
        with pytest.raises(OutboundError, match="certificate of the host is not valid"):
            send("GET", by_name(server, "localhost"))
        assert len(server.requests) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate, resolver, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    outbound._tls.cache_clear()
    resolver.answers += [["127.0.0.1"]]
    with (
        receiving(context=certificate) as server,
        pytest.raises(OutboundError, match="certificate of the host is not valid"),
    ):
        send("GET", by_name(server))


@pytest.mark.parametrize("value", ["10.0.0.1/8", "private", "0.0.0.0/0", "::/0"])
def test_wrong_networks_stop_the_start(value):
    with pytest.raises(ImproperlyConfigured, match="such as 10"):
        networks([value])


@pytest.mark.parametrize("values", [[], ["ftp"], ["https", "file"]])
def test_wrong_schemes_stop_the_start(values):
    with pytest.raises(ImproperlyConfigured, match="must be https, http or both"):
        schemes(values)
