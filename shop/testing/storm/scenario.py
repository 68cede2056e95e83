"""What all load tests have in common: a database, actors in threads, and a report."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Protocol

from shop.testing.postgres import Postgres, own_postgres
from shop.testing.server import ROOT, Shop, environment_for, fresh_database, manage
from shop.testing.storm.chaos import BACK_WITHIN, Chaos
from shop.testing.storm.observations import Observations
from shop.testing.storm.order_rows import describe_orders
from shop.testing.storm.rows import read


class Actor(Protocol):
    """A client in a thread of its own, such as a customer."""

    observed: Observations

    def run(self, stop: Event) -> None:
        """Act until ``stop`` is set."""


@dataclass
class Database:
    """A database with the demo products; ``postgres`` is its server, None for SQLite."""

    url: str
    postgres: Postgres | None = None


def read_options(
    program: str, *, seconds: float, captures: Sequence[str], clients: int = 16
) -> argparse.Namespace:
    """Return the options of the command line. ``captures`` are the ways to capture payments."""
    parser = option_parser(program, seconds=seconds, clients=clients)
    parser.add_argument("--capture", choices=captures, default=captures[0])
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    return parser.parse_args()


def option_parser(program: str, *, seconds: float, clients: int = 16) -> argparse.ArgumentParser:
    """Return a parser of the options that all load tests have."""
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--clients", type=int, default=clients)
    parser.add_argument("--seed", type=int, default=1)
    return parser


@contextmanager
def prepared_database(kind: str) -> Iterator[Database]:
    """Yield a durable database with the demo products."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="shop-storm-") as folder:
            database = Database(f"sqlite:///{folder}/db.sqlite3")
            _fill(database)
            yield database
        return
    with own_postgres(durable=True) as postgres, fresh_database(postgres.url) as url:
        database = Database(url, postgres)
        _fill(database)
        yield database


def _fill(database: Database) -> None:
    environment = environment_for(database.url)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "seed_demo", "--without-pictures")


def list_products(database_url: str) -> list[int]:
    """Return the ids of the products that can be bought. Some have little stock."""
    statement = "SELECT id FROM catalog_product WHERE is_published AND NOT has_variants ORDER BY id"
    return [row[0] for row in read(database_url, statement)]


def run_actors(shop: Shop, actors: Sequence[Actor], chaos: Chaos, seconds: float) -> None:
    """Run the actors and ``manage.py worker`` while ``chaos`` causes failures.

    Actors are stopped after ``seconds``, and end when their last request has a response.
    """
    stop, stop_chaos = Event(), Event()
    threads = [Thread(target=actor.run, args=(stop,)) for actor in actors]
    failures = Thread(target=chaos.run, args=(stop_chaos, seconds))
    worker = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "worker", "--every", "2"],
        env=shop.environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for thread in [*threads, failures]:
        thread.start()
    time.sleep(seconds)
    stop_chaos.set()
    failures.join()
    stop.set()
    for thread in threads:
        thread.join()
    if worker.poll() is not None:
        actors[0].observed.add_violation("manage.py worker ended")
    worker.terminate()
    worker.wait()


def audit(shop: Shop) -> str:
    """Return the output of ``manage.py audit``, with the rows of the orders that it names."""
    try:
        return shop.manage("audit").strip()
    except subprocess.CalledProcessError as error:
        rows = describe_orders(shop.environment["DATABASE_URL"], error.stdout)
        return f"BREACHES: {error.stdout}{rows}"


def report(observed: Observations, chaos: Chaos, counts: dict[str, Any], audited: str) -> int:
    """Print the results and return the exit code."""
    write = sys.stdout.write
    write(f"responses  {dict(sorted(observed.responses.items()))}\n")
    write(f"killed     {chaos.kills} workers, {len(chaos.back_after['PostgreSQL'])} restarts\n")
    for failure, times in chaos.back_after.items():
        slowest = max(times, default=0.0)
        write(f"back       within {slowest:.1f} s after {failure}\n")
        if slowest > BACK_WITHIN:
            observed.add_violation(
                f"the shop was unavailable for {slowest:.1f} s after {failure}, "
                f"longer than {BACK_WITHIN:.0f} s"
            )
    write(f"database   {counts}\n{audited}\n")
    errors = [s for s in observed.responses if s.startswith("5") and s != "503"]
    if errors:
        observed.add_violation(f"clients got {errors}")
    if audited.startswith("BREACHES"):
        observed.add_violation("audit found breaches")
    for sentence in observed.violations:
        write(f"VIOLATION  {sentence}\n")
    if not observed.violations:
        write("nothing was lost or duplicated\n")
    return 1 if observed.violations else 0
