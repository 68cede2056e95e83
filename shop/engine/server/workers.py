"""The server process of ``manage.py serve``: granian's, with workers that are always replaced."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from select import select
from threading import Thread
from typing import Any

from django.db import connection
from django.utils.module_loading import import_string
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from shop.engine.server import draining, processes

_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve; times are in seconds."""

    address: str
    port: int
    workers: int
    stop_within: int
    """How long a stop waits for running requests."""
    drain: int
    """How long the server goes on after SIGTERM, while it reports that it is about to stop."""
    header_timeout: int
    """How long a header may take to arrive, and how long a connection may be idle."""
    connections: int
    """The maximum number of simultaneous connections of a worker; further connections wait."""
    pinned: bool
    """Whether each worker is pinned to a processor."""
    log: dict[str, Any]


def serve_asgi(target: str, options: Options) -> None:
    """Serve an ASGI application, named by its dotted path, until SIGTERM or SIGINT."""
    _serve(target, options, interface=Interfaces.ASGINL)


def serve_wsgi(target: str, options: Options, *, threads: int) -> None:
    """Serve a WSGI application until SIGTERM or SIGINT, with ``threads`` threads per worker."""
    _serve(target, options, interface=Interfaces.WSGI, blocking_threads=threads)


def _serve(target: str, options: Options, **more: Any) -> None:
    server = _Server(
        target,
        drain=options.drain,
        address=options.address,
        port=options.port,
        workers=options.workers,
        workers_kill_timeout=options.stop_within,
        backpressure=options.connections,
        # Not HTTP/2 also: a silent connection would be waited for without limit, and headers that
        # are small when compressed would fill the memory.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=1000 * options.header_timeout),
        respawn_failed_workers=True,
        websockets=False,
        log_dictconfig=options.log,
        **more,
    )
    server.serve(target_loader=partial(_load, target, options, os.getpid()), wrap_loader=False)


class _Server(Granian):  # type: ignore[misc, valid-type]
    """Granian with workers that are always replaced, and with a reliable stop after a pause.

    Granian itself stops if a worker dies within six seconds of its start, and does not stop if a
    second SIGTERM interrupts the handler of the first one.
    """

    interrupt_signal: bool

    def __init__(self, *args: Any, drain: int, **kwargs: Any) -> None:
        """Store the id of the main process, and start the thread that waits for its signals."""
        super().__init__(*args, **kwargs)
        self._main = os.getpid()
        self._drain = drain
        self._received, self._signals = os.pipe()
        os.set_blocking(self._signals, False)
        Thread(target=self._wait_for_stop, daemon=True).start()

    def signal_handler_interrupt(self, number: int, *_: Any) -> None:
        """Pass the number of a signal on to ``_wait_for_stop``.

        This handler may have interrupted the main thread while it holds the lock of an event, or
        starts a thread, so it can do neither itself. A worker inherits it until granian sets
        another one. There the default action is restored and the signal sent again, because it
        would be lost otherwise.
        """
        if os.getpid() != self._main:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        with suppress(BlockingIOError):  # many signals were received before
            os.write(self._signals, bytes([number]))

    def _wait_for_stop(self) -> None:
        """Stop at a signal, after SIGTERM with a pause, which SIGINT ends.

        In the pause ``/readyz`` is 503, so that a load balancer sends no more requests.
        """
        number = os.read(self._received, 1)[0]
        draining.begin()
        end = time.monotonic() + self._drain
        while number != signal.SIGINT and (left := end - time.monotonic()) > 0:
            if select([self._received], [], [], left)[0]:
                number = os.read(self._received, 1)[0]
        self.interrupt_signal = True
        self.main_loop_interrupt.set()

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:
        return super()._spawn_worker(idx, target, partial(callback_loader, idx))

    def _respawn_workers(self, *args: Any, **kwargs: Any) -> None:
        time.sleep(_PAUSE)  # a worker that cannot start at all must not keep a processor busy
        super()._respawn_workers(*args, **kwargs)
        self.respawned_wrks.clear()


def _load(target: str, options: Options, parent: int, number: int) -> Callable[..., Any]:
    """Return the application, in the worker of this number, counted from 0.

    On SQLite a worker keeps one connection open, so that the files of the write-ahead log are not
    deleted, and reads still work if the disk is full.
    """
    if options.pinned:
        processes.pin(number, options.workers)
    processes.end_with_parent(parent, within=options.stop_within)
    processes.return_freed_memory()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")
    application: Callable[..., Any] = import_string(target)
    processes.collect_less_garbage()
    return application
