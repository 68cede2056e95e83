"""One transaction for each service, run again as a whole when the database broke a deadlock."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

ATTEMPTS = 3
# SQLSTATE serialization_failure and deadlock_detected (PostgreSQL, appendix A).
_RETRIED = frozenset({"40001", "40P01"})

P = ParamSpec("P")
R = TypeVar("R")


def transactional(service: Callable[P, R]) -> Callable[P, R]:
    """Run ``service`` in a transaction; inside another one, in a savepoint of it.

    The outermost call runs at most three times: PostgreSQL undoes one side of a deadlock whole, so
    running it again is running it for the first time. Anything else that fails is raised at once.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        outermost = not transaction.get_connection().in_atomic_block
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return service(*args, **kwargs)
            except OperationalError as error:
                if not outermost or attempt == ATTEMPTS or sqlstate(error) not in _RETRIED:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    return run


def sqlstate(error: BaseException) -> str:
    """Return the five-character SQLSTATE of a PostgreSQL error, "" where there is none."""
    return getattr(error.__cause__, "pgcode", None) or ""
