"""Runs code in many environments: ``python -m shop.testing.starting [PREPARATION]``.

Reads code and an environment in each line, as JSON, and runs the code in a fork of itself, which
has imported Django, but nothing of the shop unless PREPARATION, which is code too, does it. Writes
status, output and errors as JSON. A new interpreter for each would import the same modules again,
which takes most of its time.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from subprocess import CompletedProcess

import django.contrib.auth
import django.db.models
import django.http
import django.middleware.csrf  # noqa: F401 - imported before the forks
import environ  # noqa: F401

from shop.testing.server import ROOT

Run = Callable[[str, Mapping[str, str]], CompletedProcess[str]]


@contextmanager
def runner(preparation: str = "", environment: Mapping[str, str] | None = None) -> Iterator[Run]:
    """Yield a function that runs code in an environment, as ``python -c`` does.

    ``preparation`` is run once, in its own environment, before all.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "shop.testing.starting", preparation],
        cwd=ROOT,
        env=None if environment is None else dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(code: str, environment: Mapping[str, str]) -> CompletedProcess[str]:
        process.stdin.write(json.dumps([code, dict(environment)]) + "\n")
        process.stdin.flush()
        return CompletedProcess(code, *json.loads(process.stdout.readline()))

    with process:
        yield run
        process.stdin.close()


def _run(code: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """Fork, run the code, and return the exit status with what was written."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            os._exit(_execute(code, environment))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        errors.seek(0)
        return status, output.read(), errors.read()


def _execute(code: str, environment: dict[str, str]) -> int:
    os.environ.clear()
    os.environ.update(environment)
    try:
        exec(code, {})  # noqa: S102 - code of a test
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    exec(sys.argv[1], {})  # noqa: S102
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(*json.loads(line))) + "\n")
        sys.stdout.flush()
