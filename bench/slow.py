"""``python -m bench.slow``: measure normal clients while 500 slow ones send a byte a second.

Half of the slow clients do not complete their header, half do not complete their body.
"""

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from statistics import median

from bench.load import Client, expect, request, run
from shop.testing.postgres import running_postgres
from shop.testing.server import environment_for, fresh_database, manage, post, running_shop

_HEADER = b"GET /api/products/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
_BODY = (
    b"POST /api/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100000\r\n\r\n{"
)
_NORMAL = 8
_ROUNDS = 3


def main() -> int:
    """Print p50 and p99 without and with slow clients, and their ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow")
    parser.add_argument("--slow", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with running_postgres(durable=True) as server, fresh_database(server) as database:
        environment = environment_for(database)
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "seed_demo", "--without-pictures")
        with running_shop(database, WORKER_PINNING="true", REQUESTS_PER_ADDRESS="0") as shop:
            port = int(shop.environment["PORT"])
            scenarios = {"product list": _list, "view cart": partial(_cart, _log_in(shop.url))}
            for name, scenario in scenarios.items():
                _compare(name, scenario, port, options)
    return 0


def _log_in(url: str) -> str:
    person = {"username": "ada", "email": "ada@example.com", "password": "corr3ct-horse"}
    post(f"{url}/api/users/", person)
    token: str = post(f"{url}/api/login/", person)["token"]
    return token


def _list() -> Client:
    while True:
        expect((yield request("GET", "/api/products/")), 200)
        yield None


def _cart(token: str) -> Client:
    while True:
        expect((yield request("GET", "/api/cart/", token=token)), 200)
        yield None


def _compare(
    name: str, scenario: Callable[[], Client], port: int, options: argparse.Namespace
) -> None:
    idle, with_slow = [], []
    for _ in range(_ROUNDS):
        idle.append(run(port, [scenario] * _NORMAL, options.seconds))
        with _dripping(port, options.slow):
            with_slow.append(run(port, [scenario] * _NORMAL, options.seconds))
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        before = 1000 * median(sample.percentile(share) for sample in idle)
        after = 1000 * median(sample.percentile(share) for sample in with_slow)
        sys.stdout.write(
            f"{name:14} {label}  idle {before:6.2f} ms   with {options.slow} slow clients "
            f"{after:6.2f} ms   ratio {after / before:.2f}\n"
        )


@contextmanager
def _dripping(port: int, number: int) -> Iterator[None]:
    """Keep ``number`` slow connections open. Those that the server closes are opened again."""
    code = f"from bench.slow import drip; drip({port}, {number})"
    process = subprocess.Popen([sys.executable, "-c", code])
    time.sleep(2)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def drip(port: int, number: int) -> None:
    """Send a byte a second on each connection, until the process is terminated."""
    connections = [_begin(port, count) for count in range(number)]
    while True:
        for count, connection in enumerate(connections):
            try:
                connection.send(b"x")
            except OSError:
                connection.close()
                with suppress(OSError):
                    connections[count] = _begin(port, count)
        time.sleep(1)


def _begin(port: int, count: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.setblocking(False)  # noqa: FBT003 - the signature of socket
    connection.send(_HEADER if count % 2 else _BODY)
    return connection


if __name__ == "__main__":
    raise SystemExit(main())
