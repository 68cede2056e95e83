"""How many requests of a worker may call gateways at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, get_ident

from payments.errors import GatewayBusy
from payments.gateways.registry import registered

# A worker has ten threads (shop.asgi). A slow gateway blocks at most four of them, and for one
# second four more, which wait for a slot.
_slots = BoundedSemaphore(4)
_queue = BoundedSemaphore(4)
_taken_at: dict[int, float] = {}
_MAX_WAIT = 1.0


@contextmanager
def slot(method: str = "") -> Iterator[None]:
    """Hold one of this worker's slots for requests that call gateways; taken before anything else.

    Waits for a slot for one second at most, and not at all while a gateway is slow; then raises
    GatewayBusy. A ``method`` whose money staff record calls no gateway and needs no slot.
    """
    if method and registered()[method].recorded_by_staff:
        yield
        return
    if not _slots.acquire(blocking=False):
        _wait_for_slot()
    _taken_at[get_ident()] = time.monotonic()
    try:
        yield
    finally:
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
