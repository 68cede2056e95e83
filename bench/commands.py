"""Runs a command of the shop, and watches its connections to the database meanwhile."""

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg2 import extensions

from shop.testing.server import ROOT, connect

Look = Callable[[extensions.cursor], None]
"""What looks at the database while a command runs."""
NAME = "shop-import"
"""The application's name of the connections of a command, which PGAPPNAME has to set."""


def run_command(
    environment: dict[str, str],
    database: str,
    *arguments: str,
    root: Path = ROOT,
    every: float,
    look: Look,
) -> resource.struct_rusage:
    """Run ``manage.py`` in a tree, and return what it used.

    Calls ``look`` with a cursor each ``every`` seconds. Raises SystemExit if the command fails.
    """
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        env=environment,
        cwd=root,
        stdout=subprocess.DEVNULL,
    )
    with _looking(database, every, look):
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments[0]} failed in {root}")
    return usage


@contextmanager
def _looking(database: str, every: float, look: Look) -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        connection = connect(database)
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not stop.wait(every):
                look(cursor)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
