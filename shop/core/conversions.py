"""Conversions of uploaded files that need much memory, one at a time on a machine.

Each runs in a process of its own, which returns its memory to the system and has limits of memory
and time. A file that makes a decoder crash ends this process instead of a worker.
"""

import fcntl
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO

from shop.core.errors import Unavailable

MAX_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space of a conversion."""
MAX_OUTPUT = 256 * 1024 * 1024
MAX_SECONDS = 60

_ROOT = Path(__file__).resolve().parents[2]
LOCKED_FILE = __file__
"""The file that is locked while a file of a client is converted: this one."""
_SLOT_TIMEOUT = 10.0
_POLL = 0.05

logger = logging.getLogger("shop.conversions")


class ConversionError(Exception):
    """The process has failed, or has needed too much memory or time."""


@contextmanager
def converted(module: str, source: IO[bytes]) -> Iterator[IO[bytes]]:
    """Run ``python -m module`` with a file as standard input, and yield its standard output.

    The module calls ``limit_process`` first. Raises ConversionError, and Unavailable after waiting
    ten seconds for another conversion. Waits in the thread, so do not call it with locks.
    """
    with TemporaryFile() as given, TemporaryFile() as output:
        source.seek(0)
        copyfileobj(source, given)
        given.seek(0)
        with _slot() as lock:
            _run(module, given, output, lock)
        output.seek(0)
        yield output


def limit_process() -> None:
    """Limit memory, time and output of this process, and let others run first."""
    for name, limit in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_SECONDS),
        (resource.RLIMIT_FSIZE, MAX_OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (limit, limit))
    os.nice(5)


def _run(module: str, source: IO[bytes], output: IO[bytes], lock: int) -> None:
    """Run the module. It inherits the lock, and so keeps it if this worker is killed."""
    try:
        result = subprocess.run(  # noqa: S603 - a module of the shop
            [sys.executable, "-m", module],
            stdin=source,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={},
            pass_fds=(lock,),
            timeout=MAX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConversionError from None
    if result.returncode:
        logger.warning("%s ended with %d", module, result.returncode)
        raise ConversionError


@contextmanager
def _slot() -> Iterator[int]:
    """Lock the file that all workers of the machine have in common. Raises Unavailable."""
    lock = os.open(LOCKED_FILE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + _SLOT_TIMEOUT
        while not _is_locked(lock):
            if time.monotonic() > deadline:
                raise Unavailable
            time.sleep(_POLL)
        yield lock
    finally:
        os.close(lock)


def _is_locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
