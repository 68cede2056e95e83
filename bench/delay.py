"""A proxy that delays all messages to PostgreSQL, as a network would (``delay.c``)."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote

import environ

from shop.testing.server import connect

_SOURCE = Path(__file__).with_suffix(".c")
_QUERIES = 200


@contextmanager
def delayed(database_url: str, round_trip_ms: float) -> Iterator[str]:
    """Yield a URL of the same database with a longer round trip.

    ``round_trip_ms`` is added, in milliseconds. Raises SystemExit if there is no C compiler.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("A delay needs a C compiler: install cc, or measure without a delay.")
    with tempfile.TemporaryDirectory(prefix="shop-delay-") as folder:
        program = f"{folder}/delay"
        subprocess.run([compiler, "-O2", "-o", program, str(_SOURCE)], check=True)
        command = [program, str(round(round_trip_ms * 1000 / 2)), _address(database_url)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with process:  # the proxy ends with its standard input
            assert process.stdout is not None
            yield _url(database_url, int(process.stdout.readline()))


def measure_round_trip(database_url: str) -> float:
    """Return the median time of ``SELECT 1``, in milliseconds."""
    connection = connect(database_url)
    connection.autocommit = True
    times = []
    with connection.cursor() as cursor:
        for _ in range(_QUERIES):
            start = time.perf_counter()
            cursor.execute("SELECT 1")
            times.append(time.perf_counter() - start)
    connection.close()
    return 1000 * median(times)


def _address(database_url: str) -> str:
    found = environ.Env.db_url_config(database_url)
    host, port = found["HOST"] or "127.0.0.1", found["PORT"] or 5432
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else f"{host}:{port}"


def _url(database_url: str, port: int) -> str:
    found = environ.Env.db_url_config(database_url)
    user = ":".join(quote(found[key], safe="") for key in ("USER", "PASSWORD") if found[key])
    return f"postgres://{user}@127.0.0.1:{port}/{found['NAME']}"
