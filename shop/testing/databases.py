"""Migrated databases for tests: copies of one that was migrated once.

Migrating takes longer than most modules of tests. A file of SQLite is kept in ``.pytest_cache``,
which may be deleted; a database of PostgreSQL on its server. Their names contain a digest of the
migrations, so that others are made when these change.
"""

import fcntl
import hashlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from threading import Thread

import django
from django.apps import apps

from shop.testing.server import ROOT, administer, connect, environment_for, fresh_database
from shop.testing.starting import manage

_FOLDER = ROOT / ".pytest_cache" / "databases"


@contextmanager
def migrated_database(server_url: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a new migrated database.

    It is on the PostgreSQL server of ``server_url``, or, if this is not one, a file in ``folder``.
    """
    if server_url.startswith("sqlite:"):
        file = folder / "db.sqlite3"
        shutil.copyfile(_migrated_file(), file)
        yield f"sqlite:///{file}"
    else:
        with fresh_database(server_url, template=_migrated_template(server_url)) as url:
            yield url


def start_migrating(server_url: str) -> None:
    """Create the database that others are copies of, in a thread, while tests are collected."""
    if server_url.startswith("sqlite:"):
        Thread(target=_migrated_file).start()
    else:
        Thread(target=_migrated_template, args=[server_url]).start()


def _migrated_file() -> Path:
    """Return a file with the database of SQLite, which is created if it is missing."""
    file = _FOLDER / f"{_digest()}.sqlite3"
    with _one_at_a_time("sqlite"):
        if not file.exists():
            partial = _FOLDER / "partial.sqlite3"
            partial.unlink(missing_ok=True)
            _migrate(f"sqlite:///{partial}")
            with closing(sqlite3.connect(partial)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            partial.rename(file)
    return file


def _migrated_template(server_url: str) -> str:
    """Return the name of a database on the server, which is created if it is missing."""
    name = f"shop_template_{_digest()}"
    with _one_at_a_time("postgresql"):
        with closing(connect(server_url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            is_missing = cursor.fetchone() is None
        if is_missing:
            with fresh_database(server_url) as url:
                _migrate(url)
                administer(server_url, f"ALTER DATABASE {url.rpartition('/')[2]} RENAME TO {name}")
    return name


def _migrate(database_url: str) -> None:
    """Run ``manage.py migrate`` without garbage collection, a fourth of its time here."""
    code = f"import gc; gc.disable()\n{manage('migrate', '--verbosity', '0')}"
    subprocess.run(
        [sys.executable, "-c", code], env=environment_for(database_url), cwd=ROOT, check=True
    )


@cache
def _digest() -> str:
    """Return a digest of Django's version and the sources of all migrations."""
    digest = hashlib.sha256(django.__version__.encode())
    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    files = [file for folder in folders for file in sorted(folder.glob("*.py"))]
    for file in [*files, ROOT / "shop" / "core" / "operations.py"]:
        digest.update(f"{file.parent.parent.name}/{file.name}".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _one_at_a_time(kind: str) -> Iterator[None]:
    """Let processes that need a database of this kind at once wait for the first one."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / f"{kind}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
