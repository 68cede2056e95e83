"""``manage.py serve``: the production server, with the options that the shop was measured with."""

import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from shop.core.checks import interpreter_hole
from shop.engine.parts import uses
from shop.engine.server.application import THREADS
from shop.engine.server.workers import Options, serve_asgi, serve_wsgi

_NEEDS_PROXY = (
    "The server does not buffer requests (SHOP_ENGINE=plain): put a proxy before it that does, "
    "such as nginx. A client that sends slowly occupies a thread until it is done."
)


class Command(BaseCommand):
    """Starts the workers and watches over them; installs and migrates nothing."""

    help = "Serves HOST:PORT with WEB_CONCURRENCY workers until SIGTERM or SIGINT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--stop-within``."""
        parser.add_argument(
            "--stop-within",
            type=int,
            default=30,
            metavar="SECONDS",
            help="How long a stop waits for running requests (30).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the address, and serve. Raises CommandError if the port is not free."""
        _check_free(settings.HOST, settings.PORT)
        buffers = uses("request_buffer")
        url = f"http://{settings.HOST}:{settings.PORT}"
        self.stdout.write(
            f"\n  API    {url}/api/\n  Docs   {url}/api/docs/\n  Admin  {url}/admin/\n"
        )
        self.stdout.flush()
        if not buffers and not settings.DEBUG:
            self.stderr.write(_NEEDS_PROXY)
        if hole := interpreter_hole(sys.version_info[:3]):
            self.stderr.write(hole)
        connections.close_all()  # the workers are forked from here
        if buffers:
            serve_asgi("shop.asgi.application", _options(options["stop_within"]))
        else:
            serve_wsgi("shop.wsgi.application", _options(options["stop_within"]), threads=THREADS)


def _options(stop_within: int) -> Options:
    return Options(
        address=settings.HOST,
        port=settings.PORT,
        workers=settings.WEB_CONCURRENCY,
        stop_within=stop_within,
        header_timeout=settings.HEADER_TIMEOUT,
        connections=settings.MAX_CONNECTIONS,
        pinned=settings.WORKER_PINNING,
        log=settings.LOGGING,
    )


def _check_free(host: str, port: int) -> None:
    """Check that nothing listens here: granian would share the port, and each get some requests.

    Raises CommandError.
    """
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
