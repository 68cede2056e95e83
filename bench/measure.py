"""Rounds of slices: each round has every scenario at every number of clients.

``bench.__main__`` runs it with the DATABASE_URL of both servers.
"""

import argparse
import json
import logging
import platform
import random
import subprocess
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - needs the settings
from django.test import Client as Browser  # noqa: E402

from bench import postgres, say  # noqa: E402
from bench.fill import fill  # noqa: E402
from bench.load import Answer, Client, Sample  # noqa: E402
from bench.scenarios import PASSWORD, PREPARATIONS, REFERENCE_VIEWS, SHOP  # noqa: E402
from bench.target import Target  # noqa: E402
from shop.testing.budget import count_statements  # noqa: E402

UNIT = "one ORM query"
CUSTOMERS = 32


def main() -> None:
    """Measure, print the table, write the results."""
    options = _read_options()
    logging.disable(logging.INFO)  # requests in this process only count statements
    names = list(REFERENCE_VIEWS | SHOP)
    if options.only:
        names = [name for name in names if name == UNIT or options.only in name]
    bench = Bench(options.shop, options.bare, options.products)
    bench.warm_up()
    results = {(name, n): [] for n in options.clients for name in names}
    for round_number in range(options.rounds):
        bench.log_everyone_in()
        for number in options.clients:
            random.shuffle(names)
            for name in names:
                results[name, number].append(bench.slice(name, number, options.seconds))
            if not options.only:
                for name, rate in postgres.measure(number, options.seconds).items():
                    results.setdefault((name, number), []).append(rate)
        say(f"round {round_number + 1} of {options.rounds}\n")
    rows = _rows(results, {name: bench.statements(name) for name in names})
    _print(rows)
    if options.output:
        write(Path(options.output), options, unit=UNIT, rows=rows)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shop", type=int, required=True, help="port")
    parser.add_argument("--bare", type=int, required=True, help="port")
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--only", default="")
    parser.add_argument("--output", default="")
    return parser.parse_args()


class Bench(Target):
    """The shop, and the server of the reference views on the same database."""

    scenarios = REFERENCE_VIEWS | SHOP

    def __init__(self, shop: int, bare: int, products: int) -> None:
        """Fill the database and log everyone in."""
        super().__init__(shop, **fill(products, CUSTOMERS, PASSWORD))
        self.bare = bare
        self.browser = Browser(SERVER_NAME="127.0.0.1")

    def port_of(self, name: str) -> int:
        """Return the port of the shop, or that of the reference views."""
        return self.bare if name in REFERENCE_VIEWS else self.port

    def statements(self, name: str) -> int | None:
        """Return the number of statements of one operation, without transaction control."""
        if name in REFERENCE_VIEWS:
            return None
        if name in PREPARATIONS:
            self._drive(PREPARATIONS[name](self.catalog, self.customers[0]))
        client = SHOP[name](self.catalog, self.customers[0])
        self._drive(client)
        return count_statements(lambda: self._drive(client))

    def _drive(self, client: Client) -> None:
        """Run one operation in this process."""
        ask = next(client)
        while ask is not None:
            head, _, body = ask.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            method, path, _ = first.split(" ")
            headers = dict(line.split(": ", 1) for line in lines)
            kind = headers.pop("Content-Type", "application/json")
            response = self.browser.generic(method, path, body, content_type=kind, headers=headers)
            ask = client.send(Answer(response.status_code, b"", response.content))


def _rows(results: dict[tuple[str, int], list[Any]], statements: dict[str, Any]) -> list[Any]:
    return [
        _row(name, number, slices, results[UNIT, number], statements.get(name))
        for (name, number), slices in results.items()
    ]


def _row(name: str, number: int, slices: list[Any], unit: list[Sample], statements: Any) -> Any:
    rates = [s.rate for s in slices]
    ratios = sorted(s.rate / u.rate for s, u in zip_longest(slices, unit))
    timed = [s for s in slices if s.times]
    return {
        "what": name,
        "clients": number,
        "rate": round(median(rates), 1),
        "rates": [round(rate, 1) for rate in rates],
        "p50_ms": round(1000 * median(s.percentile(0.5) for s in timed), 2) if timed else None,
        "p99_ms": round(1000 * median(s.percentile(0.99) for s in timed), 2) if timed else None,
        "statements": statements,
        "ratio": round(median(ratios), 3),
        "ratio_spread": [round(ratios[0], 3), round(ratios[-1], 3)],
    }


def _print(rows: list[Any]) -> None:
    say(f"\nratio: to a bare view with {UNIT}, in the same round (median, and spread)\n\n")
    form = "{:28} {:>7} {:>9} {:>9} {:>9} {:>10} {:>7}  {}\n"
    say(form.format("", "clients", "req/s", "p50 ms", "p99 ms", "statements", "ratio", "spread"))
    for row in rows:
        low, high = row["ratio_spread"]
        values = [row[key] for key in ("what", "clients", "rate", "p50_ms", "p99_ms", "statements")]
        values += [row["ratio"], f"{low}–{high}"]
        say(form.format(*("–" if value is None else value for value in values)))


def write(path: Path, options: argparse.Namespace, **results: Any) -> None:
    """Write facts about this run, and the results."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - git on the PATH
        check=False,
        capture_output=True,
        text=True,
    ).stdout.strip()
    facts = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "python": platform.python_version(),
        "database": f"PostgreSQL {connection.pg_version // 10000}",
        "products": options.products,
        "rounds": options.rounds,
        "seconds": options.seconds,
    }
    path.write_text(json.dumps({**facts, **results}, indent=1, ensure_ascii=False) + "\n")
    say(f"\nwritten to {path}\n")


if __name__ == "__main__":
    main()
