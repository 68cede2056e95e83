"""The shop as it runs in production: granian, several workers, a database of its own.

For what only a real server shows: fuzzing, benchmarks, crashes. It listens on loopback alone.
``python -m shop.testing.server COMMAND…`` runs COMMAND with SHOP_URL naming such a shop: demo
products, an SQLite file of its own.
"""

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
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import environ
import psycopg2

ROOT = Path(__file__).resolve().parent.parent.parent
_ENVIRONMENT = {
    "DEBUG": "false",
    "SECRET_KEY": "benches-only-secret-key-0123456789-abcdef",
    "JWT_SIGNING_KEY": "benches-only-signing-key-0123456789-abcdef",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_SSL_REDIRECT": "false",
    "DEMO_PAYMENTS": "true",
    "THROTTLE": "false",
    "HOST": "127.0.0.1",
}
_STARTS_WITHIN = 30


@dataclass
class Shop:
    """A running server."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> list[int]:
        """Return the process ids of the workers that live."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def manage(self, *arguments: str) -> str:
        """Run a ``manage.py`` command on the shop's database; return what it said."""
        return manage(self.environment, *arguments)

    def stop(self, within: float = 40) -> int:
        """Ask it to stop; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)


def environment_for(database_url: str, **more: str) -> dict[str, str]:
    """Return the environment of a production shop on ``database_url``, free of rate limits."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**inherited, **_ENVIRONMENT, "DATABASE_URL": database_url, **more}


def manage(environment: dict[str, str], *arguments: str, root: Path = ROOT) -> str:
    """Run a ``manage.py`` command; return what it said. Raises CalledProcessError."""
    command = [sys.executable, str(root / "manage.py"), *arguments]
    return subprocess.run(
        command, env=environment, cwd=root, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@contextmanager
def running_shop(
    database_url: str, *, workers: int = 2, root: Path = ROOT, **environment: str
) -> Iterator[Shop]:
    """Serve a migrated database; at the end stop the server, killing it if it must be.

    ``root`` is the working tree whose code is run. ``environment`` wins over every default.
    """
    port = int(environment.pop("PORT", 0)) or free_port()
    with tempfile.TemporaryDirectory(prefix="shop-server-") as folder:
        defaults = {"WEB_CONCURRENCY": str(workers), "MEDIA_ROOT": f"{folder}/media"}
        env = environment_for(database_url, PORT=str(port), **{**defaults, **environment})
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(root / "manage.py"), "serve", "--stop-within", "20"],
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
    """Return after how many seconds ``/readyz`` said 200; raise TimeoutError with the log."""
    start = time.monotonic()
    while time.monotonic() < start + within:
        try:
            urllib.request.urlopen(f"{shop.url}/readyz", timeout=2).close()  # noqa: S310 - our own
        except OSError:
            if shop.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return time.monotonic() - start
    raise TimeoutError(f"the shop is not ready:\n{shop.log.read_text()}")


def post(url: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Send a JSON body to a server of ours; return what it answered. Raises HTTPError from 400."""
    request = urllib.request.Request(  # noqa: S310
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


def send(  # noqa: PLR0913 - what a request consists of
    url: str,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    token: str = "",
    key: str = "",
    timeout: float = 30,
) -> Answer:
    """Send one request on a connection of its own, whatever the status of its answer.

    Raises OSError or HTTPException if the connection is refused, dropped or silent.
    """
    headers = {"Connection": "close", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if key:
        headers["Idempotency-Key"] = key
    connection = HTTPConnection(url.removeprefix("http://"), timeout=timeout)
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # answered before the body was read
            connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Yield the URL of a new database on the PostgreSQL server of ``server_url``."""
    name = f"shop_{secrets.token_hex(4)}"
    _administer(server_url, f"CREATE DATABASE {name}")
    try:
        yield f"{server_url.rpartition('/')[0]}/{name}"
    finally:
        _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server_url: str, statement: str) -> None:
    connection = connect(server_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def connect(database_url: str) -> Any:
    """Return a psycopg2 connection by a URL as DATABASE_URL has it, socket folders included."""
    found = environ.Env.db_url_config(database_url)
    return psycopg2.connect(
        dbname=found["NAME"],
        user=found["USER"] or None,
        password=found["PASSWORD"] or None,
        host=found["HOST"] or None,
        port=found["PORT"] or None,
    )


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _end(shop: Shop) -> None:
    if shop.process.poll() is None:
        shop.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            shop.process.wait(30)
    with suppress(ProcessLookupError):
        os.killpg(shop.process.pid, signal.SIGKILL)


def main(command: list[str]) -> int:
    """Run ``command`` against a demo shop; return its exit code."""
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
