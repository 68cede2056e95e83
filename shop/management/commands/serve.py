"""``manage.py serve``: the production server, with the options that the shop was measured with."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

# A worker that dies comes back, a queue that grows is refused at the door, a client that never ends
# its header is let go. Four threads a worker, so that a slow gateway stops nobody.
_OPTIONS = (
    "--interface=wsgi",
    "--blocking-threads=4",
    "--backpressure=128",
    "--http1-header-read-timeout=10000",
    "--respawn-failed-workers",
    "--respawn-interval=0.5",
    "--no-ws",
)


class Command(BaseCommand):
    """Becomes granian: installs and migrates nothing."""

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
        """Say where, and make way for granian, which then hears the signals itself."""
        url = f"http://{settings.HOST}:{settings.PORT}"
        self.stdout.write(
            f"\n  API    {url}/api/\n  Docs   {url}/api/docs/\n  Admin  {url}/admin/\n"
        )
        self.stdout.flush()
        os.execv(sys.executable, _command(options["stop_within"]))  # noqa: S606 - no shell wanted


def _command(stop_within: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "granian",
        *_OPTIONS,
        f"--host={settings.HOST}",
        f"--port={settings.PORT}",
        f"--workers={settings.WEB_CONCURRENCY}",
        f"--workers-kill-timeout={stop_within}",
        "shop.wsgi:application",
    ]
