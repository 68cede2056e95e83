"""Whether the process is alive, and whether it is fit for traffic."""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process answers at all; touches nothing."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and has every migration, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pending = _pending_migrations()
    except DatabaseError:
        return _not_ready("the database does not answer")
    if pending:
        return _not_ready("migrations are missing: run manage.py migrate")
    return JsonResponse({"status": "ready"})


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse(
        {"status": "not ready", "detail": reason}, status=503, headers={"Retry-After": "5"}
    )


class _MigrationsPendingError(Exception):
    """Keeps a negative answer out of the cache."""


@cache
def _check_migrated() -> None:
    """Return once every migration is applied; they stay applied while this process lives."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _MigrationsPendingError


def _pending_migrations() -> bool:
    try:
        _check_migrated()
    except _MigrationsPendingError:
        return True
    return False
