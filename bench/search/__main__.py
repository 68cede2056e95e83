"""``python -m bench.search``: how many queries find their product, and how long they take.

The catalog is generated, the queries and the products that they should find are in two files. Each
database has a new one. Requests run in this process, without a server.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from shop.testing.postgres import running_postgres
from shop.testing.server import environment_for, fresh_database, manage

_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "ALLOWED_HOSTS": "testserver",
}


def main() -> int:
    """Measure each database in a new process."""
    parser = argparse.ArgumentParser(prog="python -m bench.search")
    parser.add_argument("--products", type=int, default=7_000, help="products of the catalog")
    parser.add_argument("--databases", default="postgresql,sqlite", help="postgresql,sqlite")
    parser.add_argument("--misses", action="store_true", help="print the queries that fail")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        import django  # noqa: PLC0415 - the parent process has no settings

        django.setup()
        from bench.search import measure  # noqa: PLC0415 - as above

        sys.stdout.write(measure.run(options.products, show_misses=options.misses))
        return 0
    for database in options.databases.split(","):
        _measure(database, sys.argv[1:])
    return 0


def _measure(database: str, arguments: list[str]) -> None:
    sys.stdout.write(f"\n{database}\n")
    sys.stdout.flush()
    if database == "postgresql":
        with running_postgres(durable=True) as server, fresh_database(server) as url:
            _run(environment_for(url, **_SETTINGS), arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        _run(environment_for(f"sqlite:///{Path(folder, 'shop.sqlite3')}", **_SETTINGS), arguments)


def _run(environment: dict[str, str], arguments: list[str]) -> None:
    manage(environment, "migrate", "--verbosity", "0")
    command = [sys.executable, "-m", "bench.search", "--inside", *arguments]
    subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    raise SystemExit(main())
