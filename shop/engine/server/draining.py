"""Whether the server is about to stop: a flag that its main process shares with the workers."""

import mmap

_flag = mmap.mmap(-1, 1)  # shared memory, also of forked processes


def begin() -> None:
    """Note that the server stops soon, so that load balancers should send no more requests."""
    _flag[0] = 1


def has_begun() -> bool:
    """Return whether the server stops soon."""
    return _flag[0] == 1
