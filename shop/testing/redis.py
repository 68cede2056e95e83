"""A real Redis server for tests."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from shop.testing.server import free_port

_STARTS_WITHIN = 60


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a server without files on a free port of loopback; yield its URL.

    Raises FileNotFoundError with a hint if it is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("redis-server is missing: apt-get install redis-server.")
    port = str(free_port())
    options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    with Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            with suppress(RedisError):
                client.ping()
                return
            time.sleep(0.02)
    raise TimeoutError("the Redis server does not respond")
