"""The catalogue's revision, and the answers kept as bytes under it.

Whoever changes what the public catalogue shows bumps the revision last in the same transaction; the
row lock puts bumps in the order of their commits. A reader takes the revision before it reads, so
an answer is never older than the revision it is kept under, and no client gets one that is older
than its own write, whichever worker it asks.
"""

from secrets import token_hex
from threading import Lock

from django.db import connection

MAX_ANSWERS = 1000

_BUMP = """
INSERT INTO catalog_catalogrevision (id, number, epoch) VALUES (1, 1, %s)
ON CONFLICT (id) DO UPDATE SET number = catalog_catalogrevision.number + 1
"""
_READ = "SELECT epoch, number FROM catalog_catalogrevision WHERE id = 1"
_START = """
INSERT INTO catalog_catalogrevision (id, number, epoch) VALUES (1, 1, %s) ON CONFLICT DO NOTHING
"""

# Revision and bytes by absolute URL; to read one is atomic, to make room for one is not.
_answers: dict[str, tuple[str, bytes]] = {}
_keeping = Lock()


def bump() -> None:
    """Make every kept answer old. Last lock of a transaction, and needs one (RELIABILITY R4)."""
    with connection.cursor() as cursor:
        cursor.execute(_BUMP, [token_hex(8)])


def current() -> str:
    """Return the revision, one tiny statement."""
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_START, [token_hex(8)])
            cursor.execute(_READ)
            row = cursor.fetchone()
    return f"{row[0]}-{row[1]}"


def recall(url: str, revision: str) -> bytes | None:
    """Return the answer kept for ``url`` under this very revision."""
    kept = _answers.get(url)
    return kept[1] if kept is not None and kept[0] == revision else None


def keep(url: str, revision: str, answer: bytes) -> None:
    """Keep an answer that was read after ``revision`` was."""
    with _keeping:
        _answers.pop(url, None)
        if len(_answers) >= MAX_ANSWERS:
            del _answers[next(iter(_answers))]  # the one that was made longest ago
        _answers[url] = (revision, answer)
