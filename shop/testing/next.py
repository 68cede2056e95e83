"""The tests on the next Django and the newest Python: ``python -m shop.testing.next [--quick]``.

Finds the newest Python on the PATH that works, or PYTHON_NEXT, creates ``.venv-next`` with the
locked packages except Django, and Django 6, and runs the tests on SQLite and PostgreSQL. With
``--quick`` it runs only the tests of some packages on PostgreSQL. Without such a Python it prints a
message and exits with 0.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys

from shop.testing.server import ROOT

VENV = ROOT / ".venv-next"
DJANGO = "django>=6,<7"
_LOCK_FILE = ROOT / "requirements-dev.txt"
_DIGEST = VENV / ".digest"
_VERSIONS = ("3.14", "3.13", "3.12")
_QUICK = ("cart", "catalog", "orders", "shop/engine")
_LOCKED = re.compile(r"^([\w.-]+)(\[[\w,-]+\])?==[^\\\n]+", re.MULTILINE)


def main() -> int:
    """Return 1 if a test failed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m shop.testing.next")
    parser.add_argument(
        "--quick", action="store_true", help="run a part of the tests on PostgreSQL"
    )
    options = parser.parse_args()
    base = find_python()
    if base is None:
        _print(f"SKIPPED: no working Python {' or '.join(_VERSIONS)} was found.")
        return 0
    python = make_environment(base)
    _print_versions(python)
    return max(
        _run("SQLite", [], python, []),
        _run(
            "PostgreSQL",
            [sys.executable, "-m", "shop.testing.postgres"],
            python,
            list(_QUICK if options.quick else ()),
        ),
    )


def find_python() -> str | None:
    """Return the path of the newest Python that works and has the modules that the shop needs."""
    named = os.environ.get("PYTHON_NEXT")
    if named:
        return named
    folders = os.get_exec_path()
    for version in _VERSIONS:
        for folder in folders:
            program = shutil.which(f"python{version}", path=folder)
            found = program and _ask_executable(program, version)
            if found:
                return found
    return None


def _ask_executable(program: str, version: str) -> str | None:
    """Return the path of the interpreter that ``program`` runs, or None if it cannot be used.

    A shim of pyenv starts another interpreter, whose path is returned.
    """
    done = subprocess.run(
        [program, "-c", "import ensurepip, sqlite3, ssl, sys, venv; print(sys.executable)"],
        env={**os.environ, "PYENV_VERSION": version},
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() if done.returncode == 0 else None


def make_environment(base: str) -> str:
    """Return the Python of ``.venv-next``, which is created again if the requirements changed."""
    python = str(VENV / "bin" / "python")
    requirements = derive_requirements(_LOCK_FILE.read_text())
    digest = hashlib.sha256(f"{base}\n{requirements}".encode()).hexdigest()
    if _DIGEST.exists() and _DIGEST.read_text() == digest:
        return python
    subprocess.run([base, "-m", "venv", "--clear", str(VENV)], check=True)
    requirements_file = VENV / "requirements.txt"
    requirements_file.write_text(requirements)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "-r", str(requirements_file)], check=True)
    _DIGEST.write_text(digest)
    return python


def derive_requirements(lock: str) -> str:
    """Return the locked requirements without hashes, with the next Django."""
    lines = [
        DJANGO if match[1] == "django" else match[0].strip() for match in _LOCKED.finditer(lock)
    ]
    return "\n".join(lines) + "\n"


def _print_versions(python: str) -> None:
    code = (
        "import django, sys; print('Python', sys.version.split()[0], 'Django', django.__version__)"
    )
    subprocess.run([python, "-c", code], check=True)


def _run(name: str, wrapper: list[str], python: str, tests: list[str]) -> int:
    _print(f"== {' '.join([name, *tests])}")
    environment = {**os.environ}
    if not wrapper:
        environment.pop("DATABASE_URL", None)
    command = [*wrapper, python, "-m", "pytest", "-q", "-n", "auto", *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return int(done.returncode != 0)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
