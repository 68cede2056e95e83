"""One transaction for each service, which is repeated after a deadlock, or one at a time."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import Error, connection, transaction

from shop.engine import sqlstate, succeeds_when_repeated

ATTEMPTS = 3

__all__ = ["ATTEMPTS", "sqlstate", "transactional", "wait_for_turn"]

P = ParamSpec("P")
R = TypeVar("R")


def transactional(service: Callable[P, R]) -> Callable[P, R]:
    """Run ``service`` in a transaction, or as a part of the current one.

    The outermost call runs at most three times: PostgreSQL rolls back one transaction of a deadlock
    as a whole, so that it can be repeated. Any other exception is raised at once. Inside a
    transaction, an exception also rolls back the outer one: to continue after it, call the service
    in a savepoint.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        connection = transaction.get_connection()
        blocks = connection.atomic_blocks
        outermost = not blocks
        # The transaction of a test has to survive an exception of the service.
        in_a_test = not outermost and blocks[-1]._from_testcase  # noqa: SLF001 - Django's attribute
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


def wait_for_turn(number: int) -> None:
    """Wait until no other transaction has called this with ``number``, and block others.

    The turn ends with the transaction. SQLite allows one writing transaction anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
