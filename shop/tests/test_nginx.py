"""docs/operations/nginx.conf: a purchase through nginx, and what it keeps from the shop."""

import json
import re
import shutil
import ssl
import subprocess
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

from catalog.models import Product
from orders.models import Order
from shop.testing.marks import on_one_database
from shop.testing.server import free_port, send
from shop.testing.serving import faulty_server

ROOT = Path(__file__).resolve().parent.parent.parent
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

pytestmark = [
    on_one_database,
    pytest.mark.skipif(
        None in (NGINX, shutil.which("openssl")), reason="apt-get install nginx openssl"
    ),
    pytest.mark.django_db(transaction=True),
]


@contextmanager
def nginx(folder, shop_port):
    """Run nginx with the server block of the documentation; yield the ports of HTTP and HTTPS."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-keyout", key, "-out", certificate, "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    http, https = free_port(), free_port()
    block = (ROOT / "docs" / "operations" / "nginx.conf").read_text()
    block = re.sub(r"^ *listen \[::\].*\n", "", block, flags=re.MULTILINE)
    for old, new in {
        "listen 80;": f"listen 127.0.0.1:{http};",
        "listen 443 ": f"listen 127.0.0.1:{https} ",
        "/etc/letsencrypt/live/shop.example.com/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/shop.example.com/privkey.pem": str(key),
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{shop_port};",
        "server_name shop.example.com;": "server_name localhost;",
    }.items():
        assert old in block
        block = block.replace(old, new)
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in FOLDERS)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ access_log off;\n{paths}{block}}}\n"
    )
    checked = subprocess.run([NGINX, "-t", "-c", file], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    process = subprocess.Popen([NGINX, "-c", file], stderr=subprocess.DEVNULL)
    try:
        wait_for(http)
        yield http, https, ssl.create_default_context(cafile=certificate)
    finally:
        process.terminate()
        process.wait(60)


def wait_for(port):
    deadline = time.monotonic() + 60
    while True:
        try:
            with closing(HTTPConnection("127.0.0.1", port)) as connection:
                connection.connect()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def running(tmp_path_factory, django_db_setup, django_db_blocker):
    """A shop with HTTPS only, behind nginx."""
    folder = tmp_path_factory.mktemp("front")
    for name in ("shop", "nginx"):
        (folder / name).mkdir(mode=0o755)
    environment = {
        "SECURE_SSL_REDIRECT": "true",
        "TRUST_PROXY_HEADERS": "true",
        "NUM_PROXIES": "1",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
    }
    with (
        django_db_blocker.unblock(),
        faulty_server(folder / "shop", **environment) as server,
        nginx(folder / "nginx", server.shop.url.rpartition(":")[2]) as (http, https, context),
    ):
        yield server.shop, http, https, context


@pytest.fixture
def front(running, tea):
    """The shop, and functions that send to nginx, without a login."""
    return Front(*running)


class Front:
    """Sends requests to nginx."""

    def __init__(self, shop, http, https, context):
        self.shop, self.http, self.https, self.context = shop, http, https, context
        self.token = ""

    def plain(self, path):
        with closing(HTTPConnection("127.0.0.1", self.http, timeout=30)) as connection:
            connection.request("GET", path, headers={"Host": "localhost"})
            response = connection.getresponse()
            return response.status, response.getheader("Location")

    def send(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        content = body if isinstance(body, bytes | None) else json.dumps(body)
        headers |= {"Content-Type": "application/json"}
        nginx = HTTPSConnection("localhost", self.https, timeout=30, context=self.context)
        with closing(nginx) as connection:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()


def test_a_purchase_through_nginx(front, tea):
    person = {"username": "eve", "email": "eve@example.com", "password": "corr3ct-horse"}
    assert front.send("POST", "/api/users/", person)[0] == 201
    login = {"username": "eve", "password": person["password"]}
    status, _, pair = front.send("POST", "/api/login/", login)
    assert status == 200, pair
    front.token = json.loads(pair)["token"]
    added = front.send("POST", "/api/cart/add/", {"product_id": tea.pk, "quantity": 2})
    cart = json.loads(added[2])["cart_id"]
    order = json.loads(front.send("POST", "/api/orders/", {"cart_id": cart})[2])["order_id"]
    body = {"order_id": order, "payment_method": "card"}
    status, headers, paid = front.send("POST", "/api/payments/", body)
    assert (status, json.loads(paid)["status"]) == (201, "succeeded")
    assert headers["Strict-Transport-Security"] == "max-age=3600"
    assert Order.objects.get(pk=order).status == "paid"
    assert Product.objects.get(pk=tea.pk).stock == 8


def test_http_is_redirected_to_https(front):
    status, location = front.plain("/api/products/?page=1")
    assert (status, location) == (308, "https://localhost/api/products/?page=1")


def test_the_shop_sees_the_address_and_the_request_id_of_nginx(front):
    status, headers, _ = front.send("GET", "/api/products/", X_Forwarded_For="203.0.113.9")
    assert status == 200
    line = line_of_the_log(front.shop, headers["X-Request-ID"])
    assert '"client":"127.0.0.1"' in line
    assert "203.0.113.9" not in front.shop.log.read_text()


def line_of_the_log(shop, text):
    """Return the line with a text. Lines are written by a separate thread."""
    deadline = time.monotonic() + 60
    while True:
        lines = shop.log.read_text().splitlines(keepends=True)
        found = [line for line in lines if text in line and line.endswith("\n")]
        if found:
            (line,) = found
            return line
        assert time.monotonic() < deadline, f"the log has no line with {text}"
        time.sleep(0.05)


def test_health_checks_are_not_public(front):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert front.send("GET", path)[0] == 404
    assert send(front.shop.url, "GET", "/readyz").status == 200


def test_a_body_over_the_limit_is_refused_by_nginx(front):
    assert front.send("POST", "/api/orders/", b"x" * (33 * 1024 * 1024 + 1))[0] == 413
