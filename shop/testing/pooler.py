"""pgbouncer in front of the database, as an example of a connection pooler."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import environ
import psycopg2

from shop.testing.server import connect, free_port

_CONFIGURATION = """
[databases]
* = host={host} port={port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
max_client_conn = 500
ignore_startup_parameters = {ignored}
"""


@contextmanager
def running_pooler(database_url: str, *, accepts_options: bool = False) -> Iterator[str]:
    """Yield the URL of a database behind pgbouncer in transaction mode.

    All clients share six connections of the server. By default pgbouncer refuses connections with
    ``options``; with ``accepts_options`` it ignores the options. Raises FileNotFoundError if
    pgbouncer is not installed.
    """
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise FileNotFoundError("pgbouncer is missing: apt-get install pgbouncer")
    database = environ.Env.db_url_config(database_url)
    host, port = database["HOST"] or "127.0.0.1", free_port()
    with tempfile.TemporaryDirectory(prefix="shop-pooler-") as folder:
        file = Path(folder) / "pgbouncer.ini"
        file.write_text(
            _CONFIGURATION.format(
                host=host,
                port=database["PORT"] or 5432,
                user=database["USER"] or "postgres",
                listen=port,
                ignored="options" if accepts_options else "extra_float_digits",
            )
        )
        Path(folder).chmod(0o755)
        process = subprocess.Popen([program, "-q", str(file)], user=_user(host))
        try:
            url = f"postgres://{database['USER'] or 'postgres'}@127.0.0.1:{port}/{database['NAME']}"
            _wait_until_ready(url)
            yield url
        finally:
            process.terminate()
            process.wait(60)


def _user(host: str) -> str | None:
    """Return the user to run pgbouncer as, or None for the current user.

    pgbouncer refuses to run as root. If ``host`` is the folder of a socket, its owner can connect.
    """
    if os.geteuid() != 0:
        return None
    return Path(host).owner() if host.startswith("/") else "nobody"


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connect(url).close()
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
