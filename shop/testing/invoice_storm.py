"""``python -m shop.testing.invoice_storm``: processes issue invoices at once, and are killed.

Places orders in the migrated database of DATABASE_URL, which should be a new one. Several processes
issue the invoice of every order, in random order, while they are killed with SIGKILL and started
again. Exits with 1 unless each order has one invoice, the numbers have no gap, and ``audit`` finds
no breach.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.core.management import call_command

from shop.testing.server import ROOT, environment_for

_LONGEST = 300
"""Seconds after which the processes should have issued everything."""


def issue_all(order_ids: list[int]) -> None:
    """Issue the invoice of each order, in random order, which is what a process does."""
    from payments.invoices import issue_invoice  # noqa: PLC0415 - Django is set up before

    random.shuffle(order_ids)
    for order_id in order_ids:
        issue_invoice(order_id=order_id)


def issue_with_kills(
    order_ids: list[int], environment: dict[str, str], *, processes: int, kills: int
) -> int:
    """Run processes until one of each has ended by itself; return how many were killed.

    Kills come at random moments, once a process has begun to issue. A killed one is replaced.
    """
    killed = 0
    with _running(order_ids, environment, processes) as running:
        deadline = time.monotonic() + _LONGEST
        while any(process.poll() is None for process in running):
            assert time.monotonic() < deadline, "the processes do not end"
            time.sleep(random.uniform(0.01, 0.1))
            number = random.randrange(processes)
            if killed < kills and running[number].poll() is None and _has_begun(running[number]):
                running[number].kill()
                running[number].wait()
                killed += 1
                running[number] = start(order_ids, environment)
        assert {process.returncode for process in running} == {0}
    return killed


@contextmanager
def _running(
    order_ids: list[int], environment: dict[str, str], processes: int
) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [start(order_ids, environment) for _ in range(processes)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def start(order_ids: list[int], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process, which writes a line when it begins to issue."""
    ids = [str(order_id) for order_id in order_ids]
    command = [sys.executable, "-m", "shop.testing.invoice_storm", "--issue", *ids]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return process


def _has_begun(process: subprocess.Popen[bytes]) -> bool:
    begun = getattr(process, "has_begun", False) or bool(process.stdout and process.stdout.read())
    process.has_begun = begun  # type: ignore[attr-defined]
    return begun


def problems(orders: int) -> list[str]:
    """Return what is wrong with the invoices of so many orders, the only ones of the database."""
    from payments.models import DocumentCounter, Invoice  # noqa: PLC0415

    rows = Invoice.objects.order_by("sequence")
    found = []
    if list(rows.values_list("sequence", flat=True)) != list(range(1, orders + 1)):
        found.append("the numbers are not 1 to the number of orders")
    if rows.values("order").distinct().count() != orders:
        found.append("an order has no invoice, or two")
    if set(DocumentCounter.objects.values_list("last_number", flat=True)) != {orders}:
        found.append("the counter is not at the last number")
    return found


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shop.testing.invoice_storm")
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--processes", type=int, default=6)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--issue", type=int, nargs="*", help="What each process runs with.")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.testing.settings")
    django.setup()
    if options.issue is not None:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        issue_all(options.issue)
        return 0
    call_command("migrate", verbosity=0)
    environment = environment_for(
        os.environ["DATABASE_URL"], DJANGO_SETTINGS_MODULE="shop.testing.settings"
    )
    ids = _place_orders(options.orders)
    killed = issue_with_kills(ids, environment, processes=options.processes, kills=options.kills)
    found = problems(options.orders)
    call_command("audit")
    sys.stdout.write(f"{options.orders} invoices, {killed} processes killed: {found or 'no gap'}\n")
    return int(bool(found))


def _place_orders(count: int) -> list[int]:
    from accounts.factories import UserFactory  # noqa: PLC0415
    from catalog.factories import ProductFactory  # noqa: PLC0415
    from orders.factories import place_order  # noqa: PLC0415
    from payments.factories import pay  # noqa: PLC0415

    product = ProductFactory(name="Tea", price="4.50", stock=count)
    orders = [place_order(UserFactory(), product) for _ in range(count)]
    return [pay(order).order_id for order in orders]


if __name__ == "__main__":
    raise SystemExit(main())
