"""A copy of a PostgreSQL server that takes over when the server is lost."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shop.testing.postgres import Postgres, programs

_SOCKET = ".s.PGSQL.5432"


@dataclass
class Address:
    """A folder with a link to the socket of one server at a time, as a virtual address has it."""

    folder: Path

    def point_to(self, sockets: Path) -> None:
        """Direct new connections to the server with its socket in ``sockets``."""
        link = self.folder / _SOCKET
        link.unlink(missing_ok=True)
        link.symlink_to(sockets / _SOCKET)

    def url_of(self, database_url: str) -> str:
        """Return the URL of a database behind this address."""
        return f"postgres://postgres@/{self.folder}/{database_url.rpartition('/')[2]}"


@contextmanager
def address_of(postgres: Postgres) -> Iterator[Address]:
    """Yield an address that points to a server."""
    with tempfile.TemporaryDirectory(prefix="shop-address-") as folder:
        Path(folder).chmod(0o755)
        address = Address(Path(folder))
        address.point_to(_sockets_of(postgres))
        yield address


@dataclass
class Standby:
    """A running copy of a server as it was. It receives no later changes."""

    folder: Path
    user: str | None

    def promote(self) -> None:
        """Let it accept writes. Returns when it does."""
        self.control("promote", "-w")

    def control(self, *arguments: str) -> None:
        """Run pg_ctl."""
        command = [programs() / "pg_ctl", "-D", self.folder / "data", *arguments]
        subprocess.run(command, check=True, user=self.user, cwd="/", stdout=subprocess.DEVNULL)


@contextmanager
def standby_of(postgres: Postgres) -> Iterator[Standby]:
    """Copy a server with pg_basebackup and start the copy in recovery."""
    user = postgres.server.system_user
    with tempfile.TemporaryDirectory(prefix="shop-standby-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        standby = Standby(folder, user)
        copy = [programs() / "pg_basebackup", "-h", _sockets_of(postgres), "-U", "postgres"]
        data = folder / "data"
        subprocess.run(
            [*copy, "-D", data, "-X", "stream", "-c", "fast"], check=True, user=user, cwd="/"
        )
        (data / "standby.signal").touch()
        standby.control("-w", "-l", f"{folder}/log", "-o", f"-h '' -k {folder}", "start")
        try:
            yield standby
        finally:
            standby.control("-m", "immediate", "stop")


def _sockets_of(postgres: Postgres) -> Path:
    return Path(urlsplit(postgres.url).path.rpartition("/")[0])
