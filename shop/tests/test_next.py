"""The interpreter and the packages of `make test-next`."""

import pytest

from shop.testing import next as next_versions
from shop.testing.marks import on_one_database
from shop.testing.server import ROOT

pytestmark = on_one_database

LOCK = """\
# compiled
django==5.2.19 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via -r requirements.in
granian[uvloop]==2.8.7 ; sys_platform != 'win32' \\
    --hash=sha256:cc
"""


@pytest.fixture
def on_the_path(tmp_path, monkeypatch):
    """A function that adds a program to the PATH, which is empty otherwise."""
    folders = []

    def put(name, script):
        folder = tmp_path / str(len(folders))
        folder.mkdir()
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        folders.append(str(folder))
        monkeypatch.setenv("PATH", ":".join(folders))

    monkeypatch.delenv("PYTHON_NEXT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return put


def test_the_newest_working_python_is_found(on_the_path):
    assert next_versions.find_python() is None
    on_the_path("python3.12", "echo /opt/twelve")
    on_the_path("python3.14", "exit 127")
    assert next_versions.find_python() == "/opt/twelve"
    on_the_path("python3.14", "exit 127")
    on_the_path("python3.13", "exit 1")
    on_the_path("python3.13", 'test "$PYENV_VERSION" = 3.13 && echo /opt/thirteen')
    assert next_versions.find_python() == "/opt/thirteen"


def test_the_named_python_is_used(on_the_path, monkeypatch):
    on_the_path("python3.13", "echo /opt/thirteen")
    monkeypatch.setenv("PYTHON_NEXT", "/opt/own")
    assert next_versions.find_python() == "/opt/own"


def test_only_django_differs_from_the_lock_file():
    assert next_versions.derive_requirements(LOCK) == (
        "django>=6,<7\ngranian[uvloop]==2.8.7 ; sys_platform != 'win32'\n"
    )
    lock = (ROOT / "requirements-dev.txt").read_text()
    derived = next_versions.derive_requirements(lock).splitlines()
    pinned = [line.removesuffix(" \\") for line in lock.splitlines() if line[:1].isalnum()]
    assert len(derived) == len(pinned) > 50
    assert set(pinned) - set(derived) == {line for line in pinned if line.startswith("django==")}
