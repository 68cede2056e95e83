"""``python -m shop.testing.storm``: five minutes of purchases while everything dies.

Starts PostgreSQL, which keeps its promises through a crash, the shop with two workers, and a sweep.
Prints what was seen; exits with 1 if an acknowledged order or payment is not there, one is there
twice, ``audit`` finds something, or clients saw anything but answers, dropped connections and 503s.
"""

import argparse
import subprocess
import sys
import time
from threading import Event, Thread

from shop.testing.postgres import own_postgres
from shop.testing.server import (
    ROOT,
    Shop,
    connect,
    environment_for,
    fresh_database,
    manage,
    running_shop,
    wait_until_ready,
)
from shop.testing.storm import books
from shop.testing.storm.buyer import Client
from shop.testing.storm.chaos import BACK_WITHIN, Chaos
from shop.testing.storm.clerk import Clerk, hire
from shop.testing.storm.ledger import Ledger


def main() -> int:
    """Return the exit code."""
    options = _read_options()
    ledger = Ledger()
    with own_postgres(durable=True) as postgres, fresh_database(postgres.url) as database:
        environment = environment_for(database)
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "seed_demo", "--without-pictures")
        with running_shop(database) as shop:
            chaos = Chaos(shop, postgres, options.seed)
            _rage(shop, chaos, ledger, options)
            wait_until_ready(shop)
            books.age_open_payments(database)
            shop.manage("sweep", "--once")
            sums = books.compare(database, ledger)
            audit = _audit(shop)
    return _report(ledger, chaos, sums, audit)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shop.testing.storm")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _rage(shop: Shop, chaos: Chaos, ledger: Ledger, options: argparse.Namespace) -> None:
    """Let clients buy, a sweep settle, and chaos reign; return when the last client is done."""
    stop, calm = Event(), Event()
    products = _products(shop.environment["DATABASE_URL"])
    clients = [Client(shop.url, number, products, ledger) for number in range(options.clients)]
    hire(shop)
    staff = Clerk(shop.url, products, ledger)
    threads = [Thread(target=each.run, args=(stop,)) for each in (*clients, staff)]
    harm = Thread(target=chaos.run, args=(calm, options.seconds))
    sweep = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "sweep", "--every", "2"],
        env=shop.environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for thread in [*threads, harm]:
        thread.start()
    time.sleep(options.seconds)
    calm.set()
    harm.join()
    stop.set()
    for thread in threads:
        thread.join()
    if sweep.poll() is not None:
        ledger.accuse("the sweep died")
    sweep.terminate()
    sweep.wait()


def _products(database_url: str) -> list[int]:
    """Return what is for sale; it sells out now and then."""
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM catalog_product WHERE is_published AND NOT has_variants ORDER BY id"
        )
        return [row[0] for row in cursor.fetchall()]


def _audit(shop: Shop) -> str:
    try:
        return shop.manage("audit").strip()
    except subprocess.CalledProcessError as error:
        return f"BREACHES: {error.stdout}"


def _report(ledger: Ledger, chaos: Chaos, sums: dict[str, int], audit: str) -> int:
    slowest = {what: max(times, default=0.0) for what, times in chaos.back_after.items()}
    say = sys.stdout.write
    say(f"answers   {dict(sorted(ledger.answers.items()))}\n")
    say(f"kills     {chaos.kills} workers, {len(chaos.back_after['PostgreSQL'])} restarts\n")
    for what, seconds in slowest.items():
        say(f"back      at most {seconds:.1f} s after {what}\n")
        if seconds > BACK_WITHIN:
            ledger.accuse(f"not back within {BACK_WITHIN:.0f} s after {what}: {seconds:.1f} s")
    say(f"books     {sums}\n{audit}\n")
    bad = [status for status in ledger.answers if status.startswith("5") and status != "503"]
    if bad:
        ledger.accuse(f"clients saw {bad}")
    if audit.startswith("BREACHES"):
        ledger.accuse("audit found breaches")
    for sentence in ledger.wrong:
        say(f"WRONG     {sentence}\n")
    say("nothing was lost, nothing came twice\n" if not ledger.wrong else "")
    return 1 if ledger.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
