"""The previous release in a folder of its own, with the packages that its lock file names."""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from shop.testing.server import ROOT

PREVIOUS = "a0be29bf9de3cb2d1adde1cf352ff67aebfadd56"
"""The commit of the previous release. Both releases must work on one database."""
VENV = ROOT / ".venv-previous"


@dataclass
class Release:
    """Code, and the Python that runs it."""

    root: Path
    python: str


class UnknownCommitError(Exception):
    """The commit is not in the history of this clone."""


@contextmanager
def previous_release(commit: str = PREVIOUS) -> Iterator[Release]:
    """Yield a release of this repository, with a virtual environment that is kept for later.

    Raises UnknownCommitError without git or without its history.
    """
    try:
        found = subprocess.run(
            ["git", "archive", commit],  # noqa: S607 - wherever it is installed
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise UnknownCommitError(commit) from error
    with tempfile.TemporaryDirectory(prefix="shop-previous-") as folder:
        with tarfile.open(fileobj=BytesIO(found)) as archive:
            archive.extractall(folder, filter="data")
        yield Release(Path(folder), _make_environment(Path(folder) / "requirements.txt"))


def _make_environment(lock_file: Path) -> str:
    """Return the Python of the virtual environment for a lock file; create it if necessary."""
    digest = hashlib.sha256(sys.version.encode() + lock_file.read_bytes()).hexdigest()
    python, stamp = str(VENV / "bin" / "python"), VENV / ".digest"
    if not stamp.exists() or stamp.read_text() != digest:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, "--require-hashes", "-r", str(lock_file)], check=True)
        stamp.write_text(digest)
    return python
