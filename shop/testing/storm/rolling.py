"""``python -m shop.testing.storm.rolling``: the previous and the present release on one database.

Customers buy from the previous release. Meanwhile the database is migrated, the present release is
started, and each request goes to either of them, while workers of both are killed. Then the
previous release is stopped. Exits with 1 if an acknowledged write was lost or applied twice, or if
``audit`` finds a breach. Prints a line and exits with 0 if the history of git is missing.
"""

import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

from shop.testing.postgres import own_postgres
from shop.testing.previous import PREVIOUS, Release, UnknownCommitError, previous_release
from shop.testing.server import (
    ROOT,
    environment_for,
    fresh_database,
    manage,
    running_shop,
    wait_until_ready,
)
from shop.testing.storm import database_checks
from shop.testing.storm.chaos import Chaos
from shop.testing.storm.customer import Customer
from shop.testing.storm.impatient import ImpatientCustomer
from shop.testing.storm.observations import Observations
from shop.testing.storm.scenario import audit, list_products, option_parser, report
from shop.testing.storm.staff import Staff, create_account

_PAUSE = 0.1
"""Seconds that a client waits at most before a request: the migration needs the processors too."""


def main() -> int:
    """Return the exit code."""
    parser = option_parser("python -m shop.testing.storm.rolling", seconds=120, clients=8)
    parser.add_argument("--rev", default=PREVIOUS, help="the commit of the previous release")
    options = parser.parse_args()
    try:
        with previous_release(options.rev) as release:
            return _roll(release, options)
    except UnknownCommitError as error:
        sys.stdout.write(f"NOT RUN: git has no commit {error} (a clone without history?)\n")
        return 0


def _roll(release: Release, options: Namespace) -> int:
    observed, part = Observations(), options.seconds / 6
    with (
        own_postgres(durable=True) as postgres,
        fresh_database(postgres.url) as database,
        ExitStack() as later,
    ):
        _fill(database, release)
        before = later.enter_context(
            running_shop(database, root=release.root, python=release.python)
        )
        create_account(before, root=release.root, python=release.python)
        urls = [before.url]
        products = list_products(database)
        actors = [
            *(kind(urls, number, products, observed) for number, kind in _kinds(options.clients)),
            Staff(urls, products, observed),
        ]
        for actor in actors:
            actor.session.pause = _PAUSE
        with _acting(actors), _sweeping(before.environment, release.root, release.python):
            time.sleep(part)
            manage(environment_for(database), "migrate", "--verbosity", "0")
            time.sleep(part)
            now = later.enter_context(running_shop(database))
            urls.append(now.url)
            chaos = [Chaos(now, postgres, options.seed), Chaos(before, None, options.seed + 1)]
            with _sweeping(now.environment, ROOT, sys.executable):
                _cause_failures(chaos, 3 * part)
                urls.remove(before.url)
                before.stop(within=120)
                time.sleep(part)
        wait_until_ready(now)
        database_checks.age_open_payments(database)
        now.manage("worker", "--once")
        counts = database_checks.compare(database, observed)
        database_checks.compare_with_demo(database, observed)
        audited = audit(now)
        chaos[0].add(chaos[1])
        return report(observed, chaos[0], counts, audited)


def _kinds(number: int) -> Iterator[tuple[int, type[Customer]]]:
    """Return the kind of each customer: every fourth adds while its order is placed."""
    for position in range(number):
        yield position, Customer if position % 4 else ImpatientCustomer


def _fill(database: str, release: Release) -> None:
    environment = environment_for(database)
    code = {"root": release.root, "python": release.python}
    manage(environment, "migrate", "--verbosity", "0", **code)
    manage(environment, "seed_demo", "--without-pictures", **code)


@contextmanager
def _acting(actors: list[Customer | Staff]) -> Iterator[None]:
    """Run the actors meanwhile. Afterwards their last requests have responses."""
    stop = Event()
    threads = [Thread(target=actor.run, args=(stop,)) for actor in actors]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def _sweeping(environment: dict[str, str], root: object, python: str) -> Iterator[None]:
    """Run the scheduled jobs meanwhile, by the name that both releases know."""
    sweep = subprocess.Popen(
        [python, f"{root}/manage.py", "sweep", "--every", "2"],
        env=environment,
        cwd=str(root),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        sweep.terminate()
        sweep.wait()


def _cause_failures(chaos: list[Chaos], seconds: float) -> None:
    stop = Event()
    threads = [Thread(target=one.run, args=(stop, seconds)) for one in chaos]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    raise SystemExit(main())
