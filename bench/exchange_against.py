"""``python -m bench.exchange_against --rev COMMIT``: compare imports with those of another commit.

Both trees import the same files, each into databases of its own on one PostgreSQL server, in turn
and in a random order. Prints the processor time of the command, that of its connection in the
server, the ratios, and the peak memory.
"""

import argparse
import csv
import os
import random
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from psycopg2 import extensions

from bench import say
from bench.against import SAME, checked_out
from bench.commands import NAME, run_command
from bench.exchange import write_products
from shop.testing.postgres import running_postgres
from shop.testing.server import ROOT, environment_for, fresh_database, manage

_TICKS = os.sysconf("SC_CLK_TCK")
_STEPS = {"all new": "first", "again": "first", "all changed": "second"}
"""What a file does to the database, with the name of the file."""


class Usage(NamedTuple):
    """Processor seconds of the command, of its connection in the server, and peak MiB."""

    command: float
    server: float
    memory: float


def main() -> None:
    """Import with both trees, and print a line for each step."""
    options = _read_options()
    found: dict[tuple[str, str], list[tuple[Usage, Usage]]] = {}
    with (
        checked_out(options.rev) as there,
        tempfile.TemporaryDirectory(prefix="shop-files-") as folder,
        running_postgres(durable=False) as server,
    ):
        for number in range(options.rounds):
            for shape in ("plain", "variants"):
                files = _write(Path(folder), shape, options.rows)
                pair = {}
                for root in random.sample((ROOT, there), 2):
                    pair[root] = _import_all(server, root, files)
                for step in _STEPS:
                    both = (pair[ROOT][step], pair[there][step])
                    found.setdefault((shape, step), []).append(both)
            say(f"round {number + 1} of {options.rounds}\n")
    _print(found)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.exchange_against", description=__doc__)
    parser.add_argument("--rev", default=SAME, help="a commit")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    return parser.parse_args()


def _write(folder: Path, shape: str, rows: int) -> dict[str, Path]:
    """Write two files, with other prices and stocks, and return them by their names."""
    files = {}
    for name, price, stock in (("first", "10.00", 100), ("second", "9.00", 200)):
        files[name] = folder / f"{shape}-{name}.csv"
        if files[name].exists():
            continue
        if shape == "variants":
            write_products(files[name], rows, price=price, stock=stock)
        else:
            _write_plain(files[name], rows, price=price, stock=stock)
    return files


def _write_plain(path: Path, rows: int, *, price: str, stock: int) -> None:
    """Write a table as another program has it: a row for each product, without variants."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["sku", "name", "brand", "category", "price", "stock"])
        for n in range(rows):
            name = f"Thing {n} of a kind"
            lines.writerow([f"SKU-{n}", name, f"Maker {n % 200}", f"Shop {n % 50}", price, stock])


def _import_all(server: str, root: Path, files: dict[str, Path]) -> dict[str, Usage]:
    with fresh_database(server) as database:
        environment = environment_for(database, PGAPPNAME=NAME)
        manage(environment, "migrate", "--verbosity", "0", root=root)
        return {
            step: _run(environment, database, root, files[file]) for step, file in _STEPS.items()
        }


def _run(environment: dict[str, str], database: str, root: Path, file: Path) -> Usage:
    seconds: dict[int, float] = {}

    def look(cursor: extensions.cursor) -> None:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [NAME])
        for (pid,) in cursor.fetchall():
            seconds[pid] = max(_processor(pid), seconds.get(pid, 0))

    arguments = ("import_products", str(file))
    usage = run_command(environment, database, *arguments, root=root, every=0.1, look=look)
    command = usage.ru_utime + usage.ru_stime
    return Usage(command, sum(seconds.values()), usage.ru_maxrss / 1024)


def _processor(pid: int) -> float:
    """Return the user and system time of a process, in seconds, or 0 if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS


def _print(found: dict[tuple[str, str], list[tuple[Usage, Usage]]]) -> None:
    form = "{:22} {:>16} {:>16} {:>7} {:>7} {:>16}\n"
    say("\n" + form.format("", "this tree", "commit", "ratio", "command", "MiB"))
    for (shape, step), pairs in found.items():
        sides = [Usage(*map(median, zip(*side, strict=True))) for side in zip(*pairs, strict=True)]
        here, there = (f"{side.command:.1f} + {side.server:.1f} s" for side in sides)
        total = median((a.command + a.server) / (b.command + b.server) for a, b in pairs)
        command = median(a.command / b.command for a, b in pairs)
        memory = " / ".join(f"{side.memory:.0f}" for side in sides)
        say(form.format(f"{shape}, {step}", here, there, f"{total:.2f}", f"{command:.2f}", memory))


if __name__ == "__main__":
    main()
