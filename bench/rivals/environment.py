"""The virtual environment of the rivals, with pinned packages."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_REQUIREMENTS = HERE / "requirements.txt"


def make(folder: Path) -> Path:
    """Install the pinned packages into ``folder`` unless they are there; return its bin folder.

    Needs a package index. Raises CalledProcessError.
    """
    programs, installed = folder / "bin", folder / _REQUIREMENTS.name
    if not installed.is_file() or installed.read_bytes() != _REQUIREMENTS.read_bytes():
        sys.stdout.write(f"installing the rivals into {folder}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pinned = ["--require-hashes", "-r", str(_REQUIREMENTS)]
        subprocess.run([str(programs / "python"), *install, *pinned], check=True)
        installed.write_bytes(_REQUIREMENTS.read_bytes())
    return programs
