"""What every storm does: a database, people who act while things die, and a report."""

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
from shop.testing.storm.chaos import Chaos
from shop.testing.storm.ledger import Ledger
from shop.testing.storm.rows import read


class Person(Protocol):
    """Someone who acts until told to stop, and writes down what they were promised."""

    ledger: Ledger

    def run(self, stop: Event) -> None:
        """Act."""


@dataclass
class Stage:
    """A database with the demo shop in it; ``postgres`` is its server, if it has one."""

    url: str
    postgres: Postgres | None = None


def read_options(program: str, *, seconds: float, clients: int = 16) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--clients", type=int, default=clients)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    return parser.parse_args()


@contextmanager
def prepared_database(kind: str) -> Iterator[Stage]:
    """Yield a database that keeps its promises through a crash, with the demo shop in it."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="shop-storm-") as folder:
            stage = Stage(f"sqlite:///{folder}/db.sqlite3")
            _fill(stage)
            yield stage
        return
    with own_postgres(durable=True) as postgres, fresh_database(postgres.url) as url:
        stage = Stage(url, postgres)
        _fill(stage)
        yield stage


def _fill(stage: Stage) -> None:
    environment = environment_for(stage.url)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "seed_demo", "--without-pictures")


def products_of(database_url: str) -> list[int]:
    """Return what is for sale; it sells out now and then."""
    statement = "SELECT id FROM catalog_product WHERE is_published AND NOT has_variants ORDER BY id"
    return [row[0] for row in read(database_url, statement)]


def rage(shop: Shop, people: Sequence[Person], chaos: Chaos, seconds: float) -> None:
    """Let people act, a sweep settle, and chaos reign; return when the last person is done."""
    stop, calm = Event(), Event()
    threads = [Thread(target=each.run, args=(stop,)) for each in people]
    harm = Thread(target=chaos.run, args=(calm, seconds))
    sweep = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "sweep", "--every", "2"],
        env=shop.environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for thread in [*threads, harm]:
        thread.start()
    time.sleep(seconds)
    calm.set()
    harm.join()
    stop.set()
    for thread in threads:
        thread.join()
    if sweep.poll() is not None:
        people[0].ledger.accuse("the sweep died")
    sweep.terminate()
    sweep.wait()


def audit(shop: Shop) -> str:
    """Return what ``manage.py audit`` said."""
    try:
        return shop.manage("audit").strip()
    except subprocess.CalledProcessError as error:
        return f"BREACHES: {error.stdout}"


def report(
    ledger: Ledger, chaos: Chaos, sums: dict[str, Any], found: str, *, back_within: float
) -> int:
    """Print what was seen; return the exit code. ``back_within`` is in seconds, after each harm."""
    slowest = {what: max(times, default=0.0) for what, times in chaos.back_after.items()}
    say = sys.stdout.write
    say(f"answers   {dict(sorted(ledger.answers.items()))}\n")
    say(f"kills     {chaos.kills} workers, {len(chaos.back_after['PostgreSQL'])} restarts\n")
    for what, seconds in slowest.items():
        say(f"back      at most {seconds:.1f} s after {what}\n")
        if seconds > back_within:
            ledger.accuse(f"not back within {back_within:.0f} s after {what}: {seconds:.1f} s")
    say(f"books     {sums}\n{found}\n")
    bad = [status for status in ledger.answers if status.startswith("5") and status != "503"]
    if bad:
        ledger.accuse(f"clients saw {bad}")
    if found.startswith("BREACHES"):
        ledger.accuse("audit found breaches")
    for sentence in ledger.wrong:
        say(f"WRONG     {sentence}\n")
    say("nothing was lost, nothing came twice\n" if not ledger.wrong else "")
    return 1 if ledger.wrong else 0
