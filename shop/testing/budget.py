"""The number of statements of a request, without transaction control."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

LOCK = 1 if connection.vendor == "postgresql" else 0
"""The number of statements that lock rows: SQLite has no row locks, and sends none."""

_CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@contextmanager
def query_budget(exactly: int) -> Iterator[None]:
    """Fail unless the block sends exactly this number of statements, and list them."""
    with CaptureQueriesContext(connection) as captured:
        yield
    sent = [q["sql"] for q in captured if not q["sql"].startswith(_CONTROL)]
    listing = "\n".join(f"{n}. {sql}" for n, sql in enumerate(sent, 1))
    assert len(sent) == exactly, f"{len(sent)} statements, not {exactly}:\n{listing}"


def count_statements(call: Callable[[], object]) -> int:
    """Return the number of statements of ``call``, without transaction control."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return sum(not query["sql"].startswith(_CONTROL) for query in captured)
