"""How long the statements of a thread take, if that is measured: off until ``start``."""

import time
from collections.abc import Callable
from threading import local
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class _Totals(local):
    """The totals of this thread since ``take`` was called last."""

    seconds = 0.0
    statements = 0


is_on = False
_totals = _Totals()


def start() -> None:
    """Measure the statements of this process from now on, on connections opened afterwards."""
    global is_on  # noqa: PLW0603 - a state of the process
    is_on = True
    connection_created.connect(_measure_connection, dispatch_uid="shop.engine.measures")


def stop() -> None:
    """Stop measuring."""
    global is_on  # noqa: PLW0603 - a state of the process
    is_on = False
    connection_created.disconnect(dispatch_uid="shop.engine.measures")


def add(seconds: float) -> None:
    """Add a statement. The statements that are sent together count as one."""
    _totals.seconds += seconds
    _totals.statements += 1


def take() -> tuple[float, int]:
    """Return the seconds and the number of this thread's statements, and begin anew."""
    taken = _totals.seconds, _totals.statements
    _totals.seconds, _totals.statements = 0.0, 0
    return taken


def _measure_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Measure one of Django's own connections. The engine's measure themselves."""
    if not hasattr(connection, "execute_prepared") and _measure not in connection.execute_wrappers:
        connection.execute_wrappers.append(_measure)


def _measure(
    execute: Callable[..., Any],
    sql: str,
    parameters: Any,
    many: bool,  # noqa: FBT001 - Django's signature
    context: Any,
) -> Any:
    begin = time.perf_counter()
    try:
        return execute(sql, parameters, many, context)
    finally:
        add(time.perf_counter() - begin)
