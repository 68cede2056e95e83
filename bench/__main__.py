"""``python -m bench``: measure the shop next to reference views, on PostgreSQL."""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from shop.testing.postgres import running_postgres
from shop.testing.server import environment_for, fresh_database, manage, running_shop

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run bench.measure with the servers and the remaining options; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", epilog="Further options are those of bench.measure."
    )
    parser.add_argument("--save", action="store_true", help="write bench/results/DATE.json")
    options, rest = parser.parse_known_args()
    if options.save:
        today = datetime.now(UTC).date().isoformat()
        rest += ["--output", str(RESULTS / f"{today}.json")]
    with running_postgres(durable=True) as server, fresh_database(server) as database:
        environment = environment_for(database, DJANGO_SETTINGS_MODULE="shop.settings")
        manage(environment, "migrate", "--verbosity", "0")
        with (
            running_shop(database, WORKER_PINNING="true") as shop,
            running_shop(
                database, WORKER_PINNING="true", DJANGO_SETTINGS_MODULE="bench.bare_settings"
            ) as bare,
        ):
            ports = ["--shop", shop.environment["PORT"], "--bare", bare.environment["PORT"]]
            command = [sys.executable, "-m", "bench.measure", *ports, *rest]
            return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
