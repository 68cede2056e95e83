"""``manage.py serve``: run the production server."""

import logging
import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from shop.core.checks import known_vulnerability
from shop.engine.parts import uses
from shop.engine.server.application import THREADS
from shop.engine.server.processes import restart_with_huge_pages
from shop.engine.server.workers import Options, serve_asgi, serve_wsgi
from shop.management.base import RUN_MIGRATE, lacks_migrations

logger = logging.getLogger("shop.server")

_NEEDS_PROXY = (
    "The server does not buffer requests (SHOP_ENGINE=plain), so a slow client occupies a thread. "
    "Run it behind a proxy that buffers requests, such as nginx."
)


class Command(BaseCommand):
    """Runs the worker processes, and replaces those that die. Does not migrate."""

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
        """Print the addresses, and serve. Raises CommandError if the port is not free."""
        _check_free(settings.HOST, settings.PORT)
        restart_with_huge_pages()
        buffers = uses("request_buffer")
        self._announce(f"http://{settings.HOST}:{settings.PORT}")
        if not buffers and not settings.DEBUG:
            logger.warning(_NEEDS_PROXY)
        if lacks_migrations():
            logger.warning(RUN_MIGRATE)
        if warning := known_vulnerability(sys.version_info[:3]):
            logger.warning(warning)
        connections.close_all()  # forked workers must not share them
        chosen = _options(options["stop_within"])
        with _folder_of_metrics():
            if buffers:
                serve_asgi("shop.asgi.application", chosen)
            else:
                serve_wsgi("shop.wsgi.application", chosen, threads=THREADS)

    def _announce(self, url: str) -> None:
        """Print the addresses for a developer; log the address in production."""
        if not settings.DEBUG:
            logger.info("serving %s", url)
            return
        self.stdout.write(
            f"\n  API    {url}/api/\n  Docs   {url}/api/docs/\n  Admin  {url}/admin/\n"
            f"  Mail   {url}/mail/\n"
        )
        self.stdout.flush()


@contextmanager
def _folder_of_metrics() -> Iterator[None]:
    """Create the folder in which the workers count, unless metrics are off or one is set."""
    if not settings.METRICS_TOKEN or "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="shop-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def _options(stop_within: int) -> Options:
    return Options(
        address=settings.HOST,
        port=settings.PORT,
        workers=settings.WEB_CONCURRENCY,
        stop_within=stop_within,
        drain=settings.DRAIN_SECONDS,
        header_timeout=settings.HEADER_TIMEOUT,
        connections=settings.MAX_CONNECTIONS,
        pinned=settings.WORKER_PINNING,
        log=settings.LOGGING,
    )


def _check_free(host: str, port: int) -> None:
    """Raise CommandError if the port is in use: granian would share it with the other server."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in places:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        raise CommandError(
            f"Cannot listen on {host}:{port} ({error.strerror}). Choose another HOST or PORT, "
            f"for example PORT={port % 65535 + 1}."
        ) from None
