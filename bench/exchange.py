"""``python -m bench.exchange``: measure the import and the export of 100,000 rows.

Prints the time, the peak memory and the longest transaction (sampled every 10 ms) of each command,
and the time of orders while an import changes the same products, compared with orders alone.
"""

import argparse
import csv
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from psycopg2 import extensions

from bench.commands import NAME, run_command
from bench.load import Client, Sample, expect, request, run
from shop.testing.postgres import running_postgres
from shop.testing.server import (
    environment_for,
    fresh_database,
    manage,
    post,
    running_shop,
)

_COLUMNS = ("row", "slug", "name", "description", "category", "brand", "tags", "option1")
_COLUMNS += ("sku", "price", "stock", "picture", "alt")
_SIZES = ("S", "M", "L")
_TEXT = "Made for the benchmark, and described as a shop would describe it. " * 5
_CUSTOMERS = 4


@dataclass
class Usage:
    """What a command needed: seconds, processor seconds, MiB, and its longest transaction in s."""

    seconds: float
    processor: float
    memory: float
    transaction: float


def main() -> int:
    """Measure, and print a line for each command."""
    parser = argparse.ArgumentParser(prog="python -m bench.exchange")
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres(durable=True) as server,
        fresh_database(server) as database,
    ):
        environment = environment_for(database, PGAPPNAME=NAME)
        manage(environment, "migrate", "--verbosity", "0")
        first, second = Path(folder) / "first.csv", Path(folder) / "second.csv"
        products = write_products(first, options.rows, price="10.00", stock=100_000)
        write_products(second, options.rows, price="9.00", stock=200_000)
        size = first.stat().st_size / 2**20
        _print(f"{options.rows:,} rows, {products:,} products, {size:.0f} MiB")
        command = partial(_run, environment, database)
        _print_usage("import, all new", command("import_products", str(first)))
        _print_usage("import again", command("import_products", str(first)))
        _measure_orders(environment, database, lambda: command("import_products", str(second)))
        _print_usage("dry run, all changed", command("import_products", str(first), "--dry-run"))
        for form in ("csv", "json", "xlsx"):
            out = str(Path(folder) / f"export.{form}")
            _print_usage(f"export, {form}", command("export_products", out))
        xlsx = str(Path(folder) / "export.xlsx")
        _print_usage("import the workbook", command("import_products", xlsx))
    return 0


def write_products(path: Path, rows: int, *, price: str, stock: int) -> int:
    """Write a table of products, of which every fourth has three variants; return how many."""
    count = products = 0
    with path.open("w", newline="") as file:
        lines = csv.DictWriter(file, _COLUMNS)
        lines.writeheader()
        while count < rows:
            made = _product(products, price, stock)
            lines.writerows(made)
            count += len(made)
            products += 1
    return products


def _product(number: int, price: str, stock: int) -> list[dict[str, Any]]:
    name, sku = f"Thing {number}", f"SKU-{number}"
    product = {"row": "product", "slug": f"thing-{number}", "name": name, "description": _TEXT}
    product |= {"category": f"category-{number % 50}", "brand": f"Maker {number % 200}"}
    product |= {"tags": f"tag {number % 30}, tag {number % 31 + 40}"}
    product |= {"picture": "", "alt": ""}
    if number % 4:
        return [{**product, "sku": sku, "price": price, "stock": stock}]
    sold = {"price": price, "stock": stock}
    variants = [{"row": "variant", "option1": s, "sku": f"{sku}-{s}", **sold} for s in _SIZES]
    picture = {"row": "picture", "picture": f"https://example.com/{number}.jpg", "alt": name}
    return [{**product, "option1": "Size"}, picture, *variants]


def _run(environment: dict[str, str], database: str, *arguments: str) -> Usage:
    """Run a command of the shop, and measure it."""
    longest = [0.0]

    def look(cursor: extensions.cursor) -> None:
        cursor.execute(
            "SELECT COALESCE(EXTRACT(EPOCH FROM MAX(clock_timestamp() - xact_start)), 0) "
            "FROM pg_stat_activity WHERE application_name = %s AND state <> 'idle'",
            [NAME],
        )
        longest[0] = max(longest[0], float(cursor.fetchone()[0]))

    start = time.perf_counter()
    usage = run_command(environment, database, *arguments, every=0.01, look=look)
    took = time.perf_counter() - start
    return Usage(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, longest[0])


def _measure_orders(environment: dict[str, str], database: str, work: Callable[[], Usage]) -> None:
    """Measure orders alone, and during an import of the same products."""
    with running_shop(database, WORKER_PINNING="true") as shop:
        port = int(shop.environment["PORT"])
        page = request("GET", "/api/products/?page_size=100")
        products: list[int] = []
        run(port, [partial(_look, page, products)], 0)
        buyers = [partial(_buy, _log_in(shop.url, n), products) for n in range(_CUSTOMERS)]
        idle = run(port, buyers, 10)
        samples: list[Sample] = []
        done: list[Usage] = []
        worker = threading.Thread(target=lambda: done.append(work()))
        worker.start()
        while worker.is_alive():
            samples.append(run(port, buyers, 1))
        worker.join()
    _print_usage("import, all changed, during orders", done[0])
    _print_times("an order, alone", idle)
    _print_times(
        "an order, during the import", Sample(1, [t for sample in samples for t in sample.times])
    )


def _look(page: bytes, found: list[int]) -> Client:
    listed = expect((yield page), 200).json()["products"]
    found += [product["id"] for product in listed if not product["has_variants"]]
    yield None


def _log_in(url: str, number: int) -> str:
    person = {"username": f"ada{number}", "email": f"a{number}@example.com"}
    person["password"] = "corr3ct-horse"
    post(f"{url}/api/users/", person)
    credentials = {name: person[name] for name in ("username", "password")}
    token: str = post(f"{url}/api/login/", credentials)["token"]
    return token


def _buy(token: str, products: list[int]) -> Client:
    """Add a product and order it, as one operation."""
    while True:
        body = {"product_id": random.choice(products), "quantity": 1}
        added = expect((yield request("POST", "/api/cart/add/", body, token=token)), 200)
        cart = {"cart_id": added.json()["cart_id"]}
        expect((yield request("POST", "/api/orders/", cart, token=token)), 201)
        yield None


def _print_times(name: str, sample: Sample) -> None:
    shares = {"p50": 0.5, "p99": 0.99, "slowest": 1.0}
    times = (f"{label} {1000 * sample.percentile(s):7.1f} ms" for label, s in shares.items())
    _print(f"{name:36} {'   '.join(times)}   of {len(sample.times):,}")


def _print_usage(name: str, done: Usage) -> None:
    _print(
        f"{name:36} {done.seconds:7.1f} s (processor {done.processor:5.1f} s) "
        f"{done.memory:5.0f} MiB   "
        f"longest transaction {1000 * done.transaction:6.0f} ms"
    )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
