"""Runs code in many environments: ``python -m shop.testing.starting [PREPARATION]``.

Reads code and an environment in each line, as JSON, and runs the code in a fork of itself, which
has imported libraries, but nothing of the shop unless PREPARATION, which is code too, does it.
Writes status, output and errors as JSON. A new interpreter for each would import the same modules
again, which takes most of its time.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from subprocess import CompletedProcess

from shop.testing.server import ROOT

_LIBRARIES = (
    "django.contrib.auth",
    "django.core.management",
    "django.db.models",
    "django.forms",
    "django.http",
    "django.middleware.csrf",
    "environ",
    "phonenumbers",
    "PIL.Image",
    "psycopg2.extras",
    "yaml",
)
"""Modules that read no settings: they are imported before the forks."""
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


def manage(*arguments: str) -> str:
    """Return code that does what ``python manage.py`` does with the arguments."""
    return (
        f"import runpy, sys\nsys.argv = {['manage.py', *arguments]!r}\n"
        "runpy.run_path('manage.py', run_name='__main__')"
    )


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
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    try:
        exec(code, {})  # noqa: S102 - code of a test
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    for module in _LIBRARIES:
        import_module(module)
    exec(sys.argv[1], {})  # noqa: S102
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(*json.loads(line))) + "\n")
        sys.stdout.flush()
