"""Worker processes: how many there are, where they run, and when they end."""

import ctypes
import gc
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread

MOST_WORKERS = 4
_POLL = 0.5

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # malloc.h of glibc
_TUNABLES = "GLIBC_TUNABLES"
_HUGE_PAGES = "glibc.malloc.hugetlb=1"


def default_workers() -> int:
    """Return the number of workers to start: one for each processor, four at most."""
    return min(MOST_WORKERS, processors())


def processors(
    cgroups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> int:
    """Return how many processors this process may use, rounded up, at least one.

    On Linux a CPU quota of its control group (version 1 or 2) counts, as containers have it.
    """
    if sys.platform != "linux":
        return os.cpu_count() or 1
    allowed: list[float] = [len(os.sched_getaffinity(0)), *_quotas(cgroups, own)]
    return max(1, math.ceil(min(allowed)))


def _quotas(cgroups: Path, own: Path) -> Iterator[float]:
    """Yield the quotas of the process's control groups and their parents, in processors."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _quotas_below(cgroups, path, _read_v2)
        elif "cpu" in controllers.split(","):
            yield from _quotas_below(cgroups / "cpu", path, _read_v1)


def _quotas_below(root: Path, path: str, read: Callable[[Path], float | None]) -> Iterator[float]:
    """Yield the quotas from a group up to the root, which is the group itself in a container."""
    folder = root / path.lstrip("/")
    for group in (folder, *folder.parents):
        with suppress(OSError, ValueError):
            quota = read(group)
            if quota is not None:
                yield quota
        if group == root:
            return


def _read_v2(group: Path) -> float | None:
    quota, period = (group / "cpu.max").read_text().split()
    return None if quota == "max" else int(quota) / int(period)


def _read_v1(group: Path) -> float | None:
    quota = int((group / "cpu.cfs_quota_us").read_text())
    period = int((group / "cpu.cfs_period_us").read_text())
    return quota / period if quota > 0 else None


def pin(number: int, workers: int) -> None:
    """Pin this process, worker ``number`` of ``workers``, to a processor, before threads start.

    One thread of a worker runs at a time, since it holds Python's lock (the GIL). A thread that
    wakes on another processor, or preempts the thread that woke it, finds the lock held. So a
    worker gets one processor, if there is a worker for each, and a thread that wakes waits until
    the running one has used its time slice (SCHED_BATCH, sched(7)). Does nothing if the system
    refuses it or is not Linux.
    """
    if sys.platform != "linux":
        return
    allowed = sorted(os.sched_getaffinity(0))
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if workers >= len(allowed):
            os.sched_setaffinity(0, {allowed[number % len(allowed)]})


def end_with_parent(parent: int, *, within: float) -> None:
    """Send this process SIGTERM once the process ``parent``, which forked it, has ended.

    If ``parent`` has ended already, the signal is sent at once. If this process still runs after
    ``within`` seconds, it is killed.
    """
    Thread(target=_watch, args=(parent, within), name="parent watch", daemon=True).start()


def _watch(parent: int, within: float) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(within)
    os.kill(os.getpid(), signal.SIGKILL)


def return_freed_memory() -> None:
    """Let the C library return memory that was freed, so that a worker stays small.

    It would use up to eight arenas for each processor, in which the threads leave gaps, and would
    keep large blocks after the first one was freed. Without glibc nothing changes.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(_M_ARENA_MAX, 2)
        library.mallopt(_M_MMAP_THRESHOLD, 262_144)


def collect_less_garbage() -> None:
    """Let the garbage collector skip what is loaded, and wait for 10,000 new objects, not 700.

    It would look through everything that the application loaded while a request waits. Requests
    leave few objects that refer to each other.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def with_huge_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the C library asks for huge pages for its memory.

    The 19 MiB of a password hash are then mapped as ten pages instead of 4,864. glibc reads the
    variable when a program starts; before 2.35, and elsewhere, it has no effect.
    """
    tunables = environment.get(_TUNABLES, "")
    if "glibc.malloc.hugetlb=" not in tunables:
        tunables = ":".join(filter(None, (tunables, _HUGE_PAGES)))
    return {**environment, _TUNABLES: tunables}


def restart_with_huge_pages() -> None:
    """Replace this program with itself, with huge pages, unless they are set already. Linux only.

    The process keeps its id, arguments and open files.
    """
    environment = with_huge_pages(os.environ)
    if sys.platform == "linux" and sys.executable and environment != dict(os.environ):
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, sys.orig_argv, environment)  # noqa: S606 - the same program
