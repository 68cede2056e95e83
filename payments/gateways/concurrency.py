"""The concurrency limit of requests that call gateways."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, get_ident

from payments.errors import GatewayBusy
from payments.gateways.registry import registered
from shop.core import metrics

# A worker has ten threads. A slow gateway blocks at most four of them, and four more that wait for
# a slot for one second.
_slots = BoundedSemaphore(4)
_queue = BoundedSemaphore(4)
_taken_at: dict[int, float] = {}
_MAX_WAIT = 1.0


@contextmanager
def slot(method: str = "") -> Iterator[None]:
    """Hold one of this worker's four slots for requests that call gateways.

    A request takes its slot before it writes anything. It waits one second at most, and does not
    wait while another request has held a slot for longer than that. Without a slot, GatewayBusy is
    raised. A ``method`` whose money staff record calls no provider and needs no slot.
    """
    if method and registered()[method].recorded_by_staff:
        yield
        return
    if not _slots.acquire(blocking=False):
        _wait_for_slot()
    _taken_at[get_ident()] = time.monotonic()
    metrics.count_slot(1)
    try:
        yield
    finally:
        metrics.count_slot(-1)
        del _taken_at[get_ident()]
        _slots.release()


def _wait_for_slot() -> None:
    now = time.monotonic()
    is_slow = any(now - taken_at > _MAX_WAIT for taken_at in list(_taken_at.values()))
    if is_slow or not _queue.acquire(blocking=False):
        raise GatewayBusy
    try:
        if not _slots.acquire(timeout=_MAX_WAIT):
            raise GatewayBusy
    finally:
        _queue.release()
