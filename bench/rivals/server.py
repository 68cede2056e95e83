"""A rival in production: granian with two workers, and a database of its own.

Each worker has one thread, which is the fastest for shops that only use their database.
"""

import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.load import Client, expect, request
from bench.rivals.environment import HERE
from bench.scenarios import PASSWORD

PRODUCTS = 1000
CUSTOMERS = 32
_SERVER = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "1", "--no-ws"]
_STARTS_WITHIN = 30


def log_in(token: str) -> Client:
    """Log in the customer with this token, with the view of DRF and the hash of Django."""
    username = token.replace("token", "customer")
    ask = request("POST", "/api/login/", {"username": username, "password": PASSWORD})
    while True:
        answer = expect((yield ask), 200)
        assert answer.body == f'{{"token":"{token}"}}'.encode()
        yield None


@contextmanager
def running_rival(project: str, programs: Path, database_url: str) -> Iterator[int]:
    """Fill a new database, serve it, and yield the port; at the end stop the server.

    Raises CalledProcessError if the rival cannot be filled, TimeoutError with its log if it
    does not answer.
    """
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": f"{project}.settings",
        "PYTHONPATH": str(HERE / "projects"),
    }
    fill = [str(programs / "python"), "-m", f"{project}.fill"]
    subprocess.run([*fill, str(PRODUCTS), str(CUSTOMERS), PASSWORD], env=environment, check=True)
    port = _free_port()
    address = ["--host", "127.0.0.1", "--port", str(port)]
    command = [str(programs / "granian"), *_SERVER, *address, f"{project}.wsgi:application"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_ready(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: IO[str]) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/products/", timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    log.seek(0)
    raise TimeoutError(f"the rival is not ready:\n{log.read()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
