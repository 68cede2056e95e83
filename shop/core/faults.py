"""Points at which a test may kill the process or hold it up, to try crashes where they would hurt.

Off unless ``settings.FAULTS`` names a folder, as ``shop.testing.faulty`` alone does. A file in it
arms the point of its name: an empty one is removed and the process killed with SIGKILL; one that
holds a number stays, and costs everyone who passes so many seconds; ``NAME.reached`` tells of it.
"""

import os
import signal
import time
from pathlib import Path

from django.conf import settings

_FOLDER: str | None = getattr(settings, "FAULTS", None)


def fault(name: str) -> None:
    """Pass the point ``name``; in production nothing happens here."""
    if _FOLDER is not None:
        _strike(Path(_FOLDER) / name)


def _strike(armed: Path) -> None:
    try:
        seconds = armed.read_text()
        if not seconds:
            armed.unlink()
    except FileNotFoundError:
        return
    if seconds:
        Path(f"{armed}.reached").touch()
        time.sleep(float(seconds))
    else:
        os.kill(os.getpid(), signal.SIGKILL)
