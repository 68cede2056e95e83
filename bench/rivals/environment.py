"""The rivals' own virtual environment: pinned, made on first use, apart from the shop's."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_REQUIREMENTS = HERE / "requirements.txt"


def make(folder: Path) -> Path:
    """Install what is pinned into ``folder`` unless it is there; return the folder of programs.

    Needs the package index, as nothing else of the benchmark does. Raises CalledProcessError.
    """
    programs, made = folder / "bin", folder / _REQUIREMENTS.name
    if not made.is_file() or made.read_bytes() != _REQUIREMENTS.read_bytes():
        sys.stdout.write(f"installing the rivals into {folder}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pinned = ["--require-hashes", "-r", str(_REQUIREMENTS)]
        subprocess.run([str(programs / "python"), *install, *pinned], check=True)
        made.write_bytes(_REQUIREMENTS.read_bytes())
    return programs
