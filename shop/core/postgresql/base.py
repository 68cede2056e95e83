"""Where Django looks for a backend's DatabaseWrapper."""

import select
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper


class DatabaseWrapper(PostgresWrapper):
    """Checks a kept connection without a round trip.

    Django asks ``SELECT 1`` before each request's first statement, a tenth of a short request's
    time. An idle server says nothing unless it is leaving, so a socket with something to read, or
    closed, is a connection to give up; a silent one is used.
    """

    def is_usable(self) -> bool:
        """Return whether the server has kept silent since the last statement."""
        raw: Any = self.connection
        if raw is None or raw.closed:
            return False
        poller = select.poll()
        poller.register(raw.fileno(), select.POLLIN)
        return not poller.poll(0)
