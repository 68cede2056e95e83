"""One transaction for each service, run again as a whole when the database broke a deadlock."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import Error, transaction

from shop.engine import sqlstate, succeeds_when_repeated

ATTEMPTS = 3

__all__ = ["ATTEMPTS", "sqlstate", "transactional"]

P = ParamSpec("P")
R = TypeVar("R")


def transactional(service: Callable[P, R]) -> Callable[P, R]:
    """Run ``service`` in a transaction; inside another one, as a part of it.

    The outermost call runs at most three times: PostgreSQL undoes one side of a deadlock whole, so
    running it again is running it for the first time. Anything else that fails is raised at once;
    whoever means to go on after it, inside a transaction, calls the service in a savepoint.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        connection = transaction.get_connection()
        blocks = connection.atomic_blocks
        outermost = not blocks
        # A test's own transaction is none of ours, and has to survive what fails in it.
        in_a_test = not outermost and blocks[-1]._from_testcase  # noqa: SLF001 - Django's own question
        if not outermost and not in_a_test:
            try:
                return service(*args, **kwargs)
            except BaseException:
                connection.needs_rollback = True  # as an atomic block without a savepoint does
                raise
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic(savepoint=in_a_test):
                    return service(*args, **kwargs)
            except Error as error:
                if not outermost or attempt == ATTEMPTS or not succeeds_when_repeated(error):
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    return run
