"""``python -m shop.testing.abuse``: the memory of workers while the shop is abused.

Runs the cases of ``CASES`` side by side against a shop as in production, with rate limits. Exits
with 1 if a worker grows to 1.5 times its idle size, if one dies, if a response is a 500, or if
``audit`` finds a breach.
"""

import argparse
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

import openpyxl
import requests
from PIL import Image

from shop.testing.pages import form_of
from shop.testing.server import Shop, environment_for, manage, post, running_shop, send
from shop.testing.storm.scenario import audit, list_products, prepared_database

PASSWORD = "abuse-of-the-sh0p"
GROWTH = 1.5
BUYERS = 40
_USERS = f"""
from accounts.models import User
from django.contrib.auth.hashers import make_password
for n in range({BUYERS}):
    User.objects.create_user(f"buyer{{n}}", f"buyer{{n}}@example.com", "{PASSWORD}")
User.objects.create_superuser("root", "root@example.com", "{PASSWORD}")
"""


class Abuse:
    """A shop under abuse: its buyers' tokens, and the statuses of its responses."""

    def __init__(self, shop: Shop, products: list[int], seed: int) -> None:
        """Log in nobody yet."""
        self.shop = shop
        self.products = products
        self.end = 0.0
        self.random = random.Random(seed)
        self.tokens: list[str] = []
        self.root = ""
        self.browser = _Browser(shop.url)
        self.statuses: Counter[str] = Counter()
        self.lock = Lock()
        host, _, port = shop.url.removeprefix("http://").partition(":")
        self.address = (host, int(port))

    def log_in(self) -> None:
        """Log in the buyers and the superuser."""
        names = [f"buyer{n}" for n in range(BUYERS)]
        for name in [*names, "root"]:
            pair = post(f"{self.shop.url}/api/login/", {"username": name, "password": PASSWORD})
            self.tokens.append(pair["token"])
        self.root = self.tokens.pop()
        self.browser.log_in("root", PASSWORD)

    def count(self, case: str, status: int) -> None:
        """Count a response."""
        with self.lock:
            self.statuses[f"{case} {status}"] += 1

    def repeat(self, case: Callable[["Abuse"], None]) -> None:
        """Run a case until the time is over. A connection that the server closes is expected."""
        while time.monotonic() < self.end:
            with suppress(OSError, HTTPException, requests.RequestException):
                case(self)


def hoard(abuse: Abuse) -> None:
    """Place orders that are never paid, and pay with cards that are declined."""
    token = abuse.random.choice(abuse.tokens)
    add = {"product_id": abuse.random.choice(abuse.products), "quantity": 9}
    url = abuse.shop.url
    added = send(url, "POST", "/api/cart/add/", add, token=token)
    abuse.count("cart", added.status)
    cart = send(url, "GET", "/api/cart/", token=token).json().get("cart_id")
    order = send(url, "POST", "/api/orders/", {"cart_id": cart}, token=token)
    abuse.count("order", order.status)
    if order.status == 201:
        body = {"payment_method": "card", "payment_token": "demo_decline"}
        for _ in range(6):
            pay = {"order_id": order.json()["order_id"], **body}
            abuse.count("payment", send(url, "POST", "/api/payments/", pay, token=token).status)


def guess(abuse: Abuse) -> None:
    """Log in with wrong passwords, register, and send forged tokens."""
    url, number = abuse.shop.url, abuse.random.randrange(10**9)
    wrong = {"username": f"buyer{number % BUYERS}", "password": str(number)}
    abuse.count("login", send(url, "POST", "/api/login/", wrong).status)
    new = {"username": f"n{number}", "email": f"n{number}@example.com", "password": PASSWORD}
    abuse.count("registration", send(url, "POST", "/api/users/", new).status)
    abuse.count("forged", send(url, "GET", "/api/cart/", token=f"{number}" * 400).status)


def read_widely(abuse: Abuse) -> None:
    """Request pages of the catalog that nobody has requested before."""
    for _ in range(20):
        number = abuse.random.randrange(10**9)
        path = f"/api/products/?search=x{number}&page_size=100"
        abuse.count("list", send(abuse.shop.url, "GET", path).status)


def send_large_bodies(abuse: Abuse) -> None:
    """Send bodies that are large, deeply nested or not what they say."""
    token = abuse.random.choice(abuse.tokens)
    for body in (
        b"[" * 200_000,
        b'{"a":' * 40_000,
        b"\0" * 250_000,
        b'{"cart_id":' + b"9" * 200_000,
    ):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        response = requests.post(f"{abuse.shop.url}/api/orders/", body, headers=headers, timeout=60)
        abuse.count("body", response.status_code)


def send_large_headers(abuse: Abuse) -> None:
    """Send cookies that are slow to parse, and headers over the limit."""
    for size in (7_900, 9_000):
        headers = {"Cookie": 'a="' + "\\" * size, "Authorization": f"Bearer {abuse.tokens[0]}"}
        response = requests.get(f"{abuse.shop.url}/api/cart/", headers=headers, timeout=60)
        abuse.count("header", response.status_code)


def keep_connections(abuse: Abuse) -> None:
    """Keep connections that send nothing, or announce a body and send a part of it."""
    head = (
        "POST /api/products/1/images/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with ExitStack() as stack:
        for number in range(200):
            client = stack.enter_context(socket.create_connection(abuse.address, 5))
            if number % 2:
                client.sendall(head.encode())
        time.sleep(min(5, max(0, abuse.end - time.monotonic())))


def upload(abuse: Abuse) -> None:
    """Upload, as staff, a large image and a workbook of empty rows."""
    headers = {"Authorization": f"Bearer {abuse.root}"}
    url = f"{abuse.shop.url}/api/products/{abuse.random.choice(abuse.products)}/images/"
    files = {"image": ("pot.png", _LARGE_IMAGE, "image/png")}
    abuse.count("image", requests.post(url, files=files, headers=headers, timeout=120).status_code)
    browser = abuse.browser
    page = browser.get("/admin/catalog/product/import/")
    if page.status_code != 200:
        abuse.count("admin", page.status_code)
        return
    form = form_of(page)
    files = {"file": ("products.xlsx", _LARGE_WORKBOOK, "application/octet-stream")}
    abuse.count("workbook", browser.post("/admin/catalog/product/import/", form, files).status_code)


class _Browser:
    """Pages of the admin, as a browser behind a proxy with HTTPS gets them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._cookies: dict[str, str] = {}

    def log_in(self, username: str, password: str) -> None:
        self.get("/admin/login/")
        self.post("/admin/login/", {"username": username, "password": password})

    def get(self, path: str) -> requests.Response:
        return self._send("GET", path)

    def post(self, path: str, form: Any, files: Any = None) -> requests.Response:
        token = {"csrfmiddlewaretoken": self._cookies.get("csrftoken", "")}
        return self._send("POST", path, data={**form, **token}, files=files)

    def _send(self, method: str, path: str, **parts: Any) -> requests.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        response = requests.request(
            method,
            f"{self._url}{path}",
            headers=headers,
            timeout=120,
            allow_redirects=False,
            **parts,
        )
        # The cookies are for HTTPS only, so the library would not send them to this server.
        for line in response.raw.headers.getlist("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response


def _large_image() -> bytes:
    written = BytesIO()
    Image.new("L", (8_000, 5_000)).save(written, "PNG")
    return written.getvalue()


def _large_workbook() -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["name", "price"])
    for _ in range(100_000):
        sheet.append([None])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


_LARGE_IMAGE = _large_image()
_LARGE_WORKBOOK = _large_workbook()
Case = Callable[[Abuse], None]
CASES: tuple[Case, ...] = (
    hoard,
    guess,
    read_widely,
    send_large_bodies,
    send_large_headers,
    keep_connections,
    upload,
)


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shop.testing.abuse")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    limits = {"THROTTLE": "true", "MAX_OPEN_ORDERS": "5", "MAX_UNITS_HELD": "500"}
    with prepared_database(options.database) as database:
        manage(environment_for(database.url), "collectstatic", "--noinput", "--verbosity", "0")
        with running_shop(database.url, **limits) as shop:
            shop.manage("shell", "--verbosity", "0", "--command", _USERS)
            cases = [case for case in CASES if options.only in case.__name__]
            abuse = Abuse(shop, list_products(database.url), options.seed)
            return _run(abuse, cases, options.seconds)


def _run(abuse: Abuse, cases: list[Case], seconds: float) -> int:
    """Run the cases for ``seconds``; return the exit code."""
    abuse.log_in()
    _warm_up(abuse)
    workers = abuse.shop.workers()
    idle = {worker: _memory(worker, "VmRSS") for worker in workers}
    abuse.end = time.monotonic() + seconds
    with ThreadPoolExecutor(len(cases)) as clients:
        for done in [clients.submit(abuse.repeat, case) for case in cases]:
            done.result()
    alive = set(abuse.shop.workers())
    died = set(workers) - alive
    grown = {w: _memory(w, "VmHWM") / idle[w] for w in workers if w in alive}
    for name, number in sorted(abuse.statuses.items()):
        sys.stdout.write(f"{name:20} {number}\n")
    for worker, growth in grown.items():
        sys.stdout.write(
            f"worker {worker}: idle {idle[worker]} MB, at most {growth:.2f} times that\n"
        )
    audited = audit(abuse.shop)
    sys.stdout.write(f"{audited}\n")
    failed = [name for name in abuse.statuses if name.endswith(" 500")]
    if failed or died or audited.startswith("BREACHES") or max(grown.values()) >= GROWTH:
        sys.stdout.write(
            f"FAILED: responses {failed}, workers that died {died}, memory or audit as above\n"
        )
        return 1
    return 0


def _warm_up(abuse: Abuse) -> None:
    """Use the shop as many buyers at once do, so that each worker has started its threads."""

    def read(token: str) -> None:
        for path in ("/api/products/", "/api/cart/", "/api/orders/", "/api/users/me/"):
            for _ in range(10):
                send(abuse.shop.url, "GET", path, token=token)

    with ThreadPoolExecutor(len(abuse.tokens)) as buyers:
        list(buyers.map(read, abuse.tokens))


def _memory(worker: int, name: str) -> int:
    """Return a size of a process, in megabytes."""
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    (size,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(size) // 1024


if __name__ == "__main__":
    sys.exit(main())
