"""``manage.py serve``: the production server, with the options that the shop was measured with."""

import os
import signal
import socket
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.utils.module_loading import import_string
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from shop.core import processors

# Connections are cheap, so slow ones may be many; a client that never ends its header is let go.
_OPTIONS: dict[str, Any] = {
    "interface": Interfaces.ASGINL,
    "backpressure": 4096,
    "http1_settings": HTTP1Settings(header_read_timeout=10_000),
    "respawn_failed_workers": True,
    "websockets": False,
    "log_dictconfig": settings.LOGGING,
}
_PAUSE = 0.2


class Server(Granian):  # type: ignore[misc, valid-type]
    """Granian, but a worker that dies is replaced however often it does, and a stop is a stop.

    Granian itself ends, and the shop with it, when a worker dies within six seconds of its birth;
    and it never ends where a second SIGTERM interrupts what the first one began.
    """

    interrupt_signal: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remember whose signals these are."""
        super().__init__(*args, **kwargs)
        self._main = os.getpid()

    def signal_handler_interrupt(self, number: int, *_: Any) -> None:
        """Stop; what was asked before is not asked again.

        A worker has this handler too until granian gives it its own: it dies of the signal, which
        would else be lost. Another thread wakes the main one, which this handler interrupts
        anywhere: also where it holds the lock that it takes to wake it.
        """
        if os.getpid() != self._main:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if not self.interrupt_signal:
            self.interrupt_signal = True
            Thread(target=self.main_loop_interrupt.set).start()

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:
        loader = partial(callback_loader, idx, self.workers)
        return super()._spawn_worker(idx, target, loader)

    def _respawn_workers(self, *args: Any, **kwargs: Any) -> None:
        time.sleep(_PAUSE)  # a worker that cannot live at all shall not keep a core busy
        super()._respawn_workers(*args, **kwargs)
        self.respawned_wrks.clear()


class Command(BaseCommand):
    """Starts the workers and watches over them: installs and migrates nothing."""

    help = "Serves HOST:PORT with WEB_CONCURRENCY workers until SIGTERM or SIGINT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--stop-within``."""
        parser.add_argument(
            "--stop-within",
            type=int,
            default=30,
            metavar="SECONDS",
            help="How long a stop waits for requests that are under way (30).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say where, and serve. Raises CommandError where something listens already."""
        _check_free(settings.HOST, settings.PORT)
        url = f"http://{settings.HOST}:{settings.PORT}"
        self.stdout.write(
            f"\n  API    {url}/api/\n  Docs   {url}/api/docs/\n  Admin  {url}/admin/\n"
        )
        self.stdout.flush()
        connections.close_all()  # the workers are forked from here
        server = Server(
            "shop.asgi:application",
            address=settings.HOST,
            port=settings.PORT,
            workers=settings.WEB_CONCURRENCY,
            workers_kill_timeout=options["stop_within"],
            **_OPTIONS,
        )
        server.serve(target_loader=_load, wrap_loader=False)


def _check_free(host: str, port: int) -> None:
    """Refuse a port that is taken: granian would share it, and each request would go to either."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in places:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        raise CommandError(
            f"Cannot listen on {host}:{port} ({error.strerror}): choose another HOST or PORT, "
            f"for example PORT={port % 65535 + 1}."
        ) from None


def _load(number: int, workers: int) -> Callable[..., Any]:
    """Return the application, in the worker of this number, counted from 0.

    On SQLite a worker holds a connection for as long as it lives: the log's files stay
    where they are, and reads need no room on a disk that is full.
    """
    processors.settle(number, workers)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")
    application: Callable[..., Any] = import_string("shop.asgi.application")
    return application
