"""``python -m bench.lists``: how lists, filters, searches, suggestions and facets grow.

Requests run in this process, without a server. Their figures are processor time, of this process
and of PostgreSQL, so that other programs hardly matter.
"""

import argparse
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from bench.list_queries import FILTERS, ORDERINGS, SEARCHES
from shop.testing.postgres import running_postgres
from shop.testing.server import environment_for, fresh_database, manage

_SETTINGS = {"DJANGO_SETTINGS_MODULE": "shop.settings", "ALLOWED_HOSTS": "testserver"}
_SIZES = "1000,100000"

_UNCACHED_RESPONSES = {
    "list": ["", "page=50", *ORDERINGS],
    "filter": [*FILTERS, "in_stock=true&ordering=best_selling"],
    "search": SEARCHES,
    "suggest": ["q=tea", "q=red+ce"],
}
_AFTER_A_CHANGE = {
    "after a change": ["", "in_stock=true", "category=5", "min_price=50", "option.size=40"],
    "facets": [
        "",
        "category=5",
        "brand=Brand+7",
        "attr.material=Material+7",
        "in_stock=true",
        "min_price=5",
        "option.size=40",
        "option.size=40&in_stock=true",
        "search=teapot",
        "search=benchmark",
    ],
}


def main() -> int:
    """Create a database of each size, and measure each in a new process."""
    parser = argparse.ArgumentParser(prog="python -m bench.lists")
    parser.add_argument("--databases", default="postgresql,sqlite", help="postgresql,sqlite")
    parser.add_argument(
        "--sizes", default=_SIZES, help="of 1000,100000,million-rows,million-products"
    )
    parser.add_argument("--repeat", type=int, default=20, help="measured requests of each kind")
    parser.add_argument("--only", default="", help="only requests whose name contains this text")
    parser.add_argument("--url", default="", help="measure this database, which is filled already")
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _measure(options.inside, options.repeat, options.only)
        return 0
    if options.url:
        _run(environment_for(options.url, **_SETTINGS), "filled", options)
        return 0
    for database in options.databases.split(","):
        for size in options.sizes.split(","):
            _measure_new(database, size, options)
    return 0


def _measure_new(database: str, size: str, options: argparse.Namespace) -> None:
    sys.stdout.write(f"\n{database}\n")
    sys.stdout.flush()
    if database == "postgresql":
        with running_postgres(durable=True) as server, fresh_database(server) as url:
            _run(environment_for(url, **_SETTINGS), size, options)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'shop.sqlite3')}"
        _run(environment_for(url, **_SETTINGS), size, options)


def _run(environment: dict[str, str], size: str, options: argparse.Namespace) -> None:
    if size != "filled":
        manage(environment, "migrate", "--verbosity", "0")
    command = [sys.executable, "-m", "bench.lists", "--inside", size]
    command += ["--repeat", str(options.repeat), "--only", options.only]
    subprocess.run(command, env=environment, check=True)


def _measure(name: str, repeat: int, only: str) -> None:
    import django  # noqa: PLC0415 - the parent process has no settings

    django.setup()
    logging.disable(logging.WARNING)
    from bench.lists_data import SIZES, load  # noqa: PLC0415 - as above

    if name != "filled":
        start = time.perf_counter()
        load(SIZES[name])
        sys.stdout.write(
            f"{SIZES[name].products:,} products, {SIZES[name].rows:,} rows "
            f"(loaded in {time.perf_counter() - start:.0f} s)\n"
        )
    sys.stdout.write(f"{'ms of processor time':44} {'p50':>8} {'p95':>8} {'elapsed':>8}\n")
    for label, path, after_change in _requests():
        if only in label:
            p50, p95, elapsed = _figures(path, repeat, after_change=after_change)
            sys.stdout.write(f"{label:44} {p50:8.1f} {p95:8.1f} {elapsed:8.1f}\n")
            sys.stdout.flush()


def _requests() -> list[tuple[str, str, bool]]:
    """Return the name and the path of each request, and whether all caches are emptied before."""
    found = []
    for queries, after_change in ((_UNCACHED_RESPONSES, False), (_AFTER_A_CHANGE, True)):
        for kind, own in queries.items():
            for query in own:
                path = "/api/products/suggest/" if kind == "suggest" else "/api/products/"
                included = f"include=facets&{query}" if kind == "facets" else query
                label = f"{kind}: {query}".removesuffix(": ")
                found.append((label, f"{path}?{included}", after_change))
    cached = "/api/products/?include=facets&in_stock=true"
    return [*found, ("facets, cached: in_stock=true", cached, False)]


def _figures(path: str, repeat: int, *, after_change: bool) -> tuple[float, float, float]:
    """Return the median and p95 of the processor time, and the median of the elapsed time."""
    from django.test import Client  # noqa: PLC0415 - as above

    from catalog import revision  # noqa: PLC0415 - as above

    client, clock = Client(), _Clock()
    used, elapsed = [], []
    for number in range(repeat + 2):
        if after_change:
            revision.clear_caches()
        else:
            revision.responses.clear()
        start, processor = time.perf_counter(), clock.read()
        response = client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.content!r}")
        if number > 1:
            used.append(1000 * (clock.read() - processor))
            elapsed.append(1000 * (time.perf_counter() - start))
    return median(used), quantiles(used, n=20, method="inclusive")[18], median(elapsed)


class _Clock:
    """The processor time of this process and of its connection's process, in seconds."""

    def __init__(self) -> None:
        from django.db import connection  # noqa: PLC0415 - as above

        self._files: list[Path] = []
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                # On another machine, or not on Linux, only this process is counted.
                file = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
                self._files = [file] if file.exists() else []

    def read(self) -> float:
        """Return the processor time so far."""
        theirs = sum(int(file.read_text().split()[0]) for file in self._files)
        return time.process_time() + theirs / 1e9


if __name__ == "__main__":
    raise SystemExit(main())
