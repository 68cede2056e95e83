"""``python -m bench.rivals``: start PostgreSQL, the shop and its rivals, and measure them."""

import argparse
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.__main__ import RESULTS
from bench.rivals import environment
from bench.rivals.server import running_rival
from shop.testing.postgres import running_postgres
from shop.testing.server import environment_for, fresh_database, manage, running_shop

_PROJECTS = {"salesman": "salesman_shop", "oscar": "oscar_shop"}


def main() -> int:
    """Run bench.rivals.measure with the remaining options; return its exit code."""
    options, rest = _read_options()
    if options.save:
        today = datetime.now(UTC).date().isoformat()
        rest += ["--output", str(RESULTS / f"{today}-rivals.json")]
    programs = environment.make(options.environment.absolute())
    with ExitStack() as stack:
        server = stack.enter_context(running_postgres(durable=True))
        ports = []
        for name, project in _PROJECTS.items():
            database = stack.enter_context(fresh_database(server))
            port = stack.enter_context(running_rival(project, programs, database))
            ports += [f"--{name}", str(port)]
        database = stack.enter_context(fresh_database(server))
        settings = environment_for(database, DJANGO_SETTINGS_MODULE="shop.settings")
        manage(settings, "migrate", "--verbosity", "0")
        shop = stack.enter_context(running_shop(database, WORKER_PINNING="true"))
        ports += ["--shop", shop.environment["PORT"]]
        command = [sys.executable, "-m", "bench.rivals.measure", *ports, *rest]
        return subprocess.run(command, env=settings, check=False).returncode


def _read_options() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m bench.rivals",
        epilog="Further options: [--rounds 5] [--seconds 1] [--clients 8]",
    )
    parser.add_argument("--save", action="store_true", help="write bench/results/DATE-rivals.json")
    parser.add_argument(
        "--environment",
        type=Path,
        default=environment.HERE / ".venv",
        help="virtual environment of the rivals; creating it needs a package index",
    )
    return parser.parse_known_args()


if __name__ == "__main__":
    raise SystemExit(main())
