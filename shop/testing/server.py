"""The shop as in production: granian with several workers, on a given database.

For tests that need a real server, fuzzing and benchmarks. It listens on loopback only.
``python -m shop.testing.server COMMAND…`` runs COMMAND with the SHOP_URL of a shop with the demo
products on SQLite.
"""

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import environ
import psycopg2
from psycopg2.extensions import make_dsn

from shop.engine.server.processes import with_huge_pages

ROOT = Path(__file__).resolve().parent.parent.parent
_ENVIRONMENT = {
    "ENV_FILE": os.devnull,
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "JWT_SIGNING_KEY": secrets.token_urlsafe(48),
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_SSL_REDIRECT": "false",
    "DEMO_PAYMENTS": "true",
    "THROTTLE": "false",
    # The load of a test places more orders than a buyer does.
    "MAX_OPEN_ORDERS": "1000000",
    "MAX_UNITS_HELD": "1000000000",
    "PAYMENT_METHODS": "",
    "HOST": "127.0.0.1",
    "DRAIN_SECONDS": "0",
    "EMAIL_URL": "none",
}
_INHERITED = ("PATH", "HOME", "LANG", "SHOP_ENGINE", "SHOP_ENGINE_WITHOUT")
_STARTS_WITHIN = 180
_PORTS = range(20_000, 32_768)
"""Ports that the system does not give to outgoing connections."""
_reserved: set[int] = set()


@dataclass
class Shop:
    """A running server."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> list[int]:
        """Return the process ids of the running workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def manage(self, *arguments: str) -> str:
        """Run a ``manage.py`` command with the environment of the shop; return its output."""
        return manage(self.environment, *arguments)

    def stop(self, within: float = 40) -> int:
        """Send SIGTERM; return the exit code. Raises TimeoutExpired after ``within`` seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)


def environment_for(database_url: str, **more: str) -> dict[str, str]:
    """Return the environment of a shop in production mode, without rate limits.

    The mode of the engine is that of this process; ``more`` has precedence.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, **_ENVIRONMENT, "DATABASE_URL": database_url, **more}


def manage(
    environment: dict[str, str],
    *arguments: str,
    root: Path = ROOT,
    python: str = sys.executable,
) -> str:
    """Run a ``manage.py`` command; return its output. Raises CalledProcessError, and prints it."""
    command = [python, str(root / "manage.py"), *arguments]
    done = subprocess.run(
        command, env=environment, cwd=root, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
    done.check_returncode()
    return done.stdout


@contextmanager
def running_shop(
    database_url: str,
    *,
    workers: int = 2,
    root: Path = ROOT,
    python: str = sys.executable,
    **environment: str,
) -> Iterator[Shop]:
    """Serve a migrated database. At the end stop the server, with SIGKILL if necessary.

    ``root`` is the working tree whose code ``python`` runs. ``environment`` has precedence over
    defaults.
    """
    port = int(environment.pop("PORT", 0)) or free_port()
    with tempfile.TemporaryDirectory(prefix="shop-server-") as folder:
        defaults = {"WEB_CONCURRENCY": str(workers), "MEDIA_ROOT": f"{folder}/media"}
        env = environment_for(database_url, PORT=str(port), **{**defaults, **environment})
        if root == ROOT:  # ``serve`` would start a second time, which takes a second
            env = with_huge_pages(env)
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [python, str(root / "manage.py"), "serve", "--stop-within", "20"],
                env=env,
                cwd=root,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        shop = Shop(f"http://127.0.0.1:{port}", env, process, log)
        try:
            wait_until_ready(shop)
            yield shop
        finally:
            _end(shop)


def wait_until_ready(shop: Shop, within: float = _STARTS_WITHIN) -> float:
    """Wait for a 200 of ``/readyz``; return the seconds. Raises TimeoutError with the log."""
    start = time.monotonic()
    while time.monotonic() < start + within:
        try:
            urllib.request.urlopen(f"{shop.url}/readyz", timeout=2).close()  # noqa: S310 - a server of this test
        except OSError:
            if shop.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return time.monotonic() - start
    raise TimeoutError(f"the shop is not ready:\n{shop.log.read_text()}")


def post(url: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Send a JSON body; return the body of the response. Raises HTTPError from status 400."""
    request = urllib.request.Request(  # noqa: S310
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        content: dict[str, Any] = json.load(response)
        return content


class Answer(NamedTuple):
    """A response."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


def send(  # noqa: PLR0913 - the parts of a request
    url: str,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    token: str = "",
    key: str = "",
    timeout: float = 60,
    **more: str,
) -> Answer:
    """Send a request on a new connection; return the response, whatever its status.

    ``more`` are further headers, with underscores instead of hyphens.

    Raises OSError or HTTPException if the connection is refused, closed or times out.
    """
    headers = {"Connection": "close", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if key:
        headers["Idempotency-Key"] = key
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    connection = HTTPConnection(url.removeprefix("http://"), timeout=timeout)
    try:
        connection.connect()
        with suppress(BrokenPipeError, ConnectionResetError):  # the server responded early
            connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@contextmanager
def fresh_database(server_url: str, *, template: str = "template1") -> Iterator[str]:
    """Yield the URL of a new database on the PostgreSQL server of ``server_url``.

    It is a copy of the database named ``template``, to which nobody is connected.
    """
    name = f"shop_{secrets.token_hex(4)}"
    administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield f"{server_url.rpartition('/')[0]}/{name}"
    finally:
        administer(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def administer(server_url: str, statement: str) -> None:
    """Execute a statement outside of a transaction, such as CREATE DATABASE."""
    connection = connect(server_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def dsn_of(database_url: str) -> str:
    """Return the connection string of libpq for a DATABASE_URL."""
    parts = environ.Env.db_url_config(database_url)
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    given = {name: parts[part] for name, part in {**names, "port": "PORT"}.items() if parts[part]}
    dsn: str = make_dsn(**given)
    return dsn


def connect(database_url: str) -> Any:
    """Return a psycopg2 connection for a DATABASE_URL, which may name the folder of a socket."""
    return psycopg2.connect(dsn_of(database_url))


def free_port() -> int:
    """Return a port on which nothing listens, and which other processes of tests do not get.

    It is reserved until this process ends.
    """
    while True:
        port = secrets.choice(_PORTS)
        if port not in _reserved and _reserve(port) and _is_unused(port):
            return port


def _reserve(port: int) -> bool:
    """Lock the byte of the port in a file of this user, unless another process has."""
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _reserved.add(port)
    return True


@cache
def _reservations() -> int:
    """Return the descriptor of the file, which stays open: closing it would release all locks."""
    path = Path(tempfile.gettempdir()) / f"shop-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _is_unused(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _end(shop: Shop) -> None:
    if shop.process.poll() is None:
        shop.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            shop.process.wait(60)
    with suppress(ProcessLookupError):
        os.killpg(shop.process.pid, signal.SIGKILL)


def main(command: list[str]) -> int:
    """Run ``command`` with a demo shop; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="shop-demo-") as folder:
        database = f"sqlite:///{folder}/db.sqlite3"
        environment = environment_for(database)
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "seed_demo", "--without-pictures")
        with running_shop(database) as shop:
            environment = {**os.environ, "SHOP_URL": shop.url}
            return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m shop.testing.server COMMAND [ARGUMENT…]")
    raise SystemExit(main(sys.argv[1:]))
