"""Health checks: whether the process is alive, and whether it is ready for requests."""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def healthz(request: HttpRequest) -> JsonResponse:
    """Return 200 as long as the process can respond. Does not use the database."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
def readyz(request: HttpRequest) -> JsonResponse:
    """Return 200 if the database responds and every migration is applied, otherwise 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pending = _pending_migrations()
    except DatabaseError:
        return _not_ready("the database does not respond")
    if pending:
        return _not_ready("migrations are missing: run manage.py migrate")
    return JsonResponse({"status": "ready"})


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse(
        {"status": "not ready", "detail": reason}, status=503, headers={"Retry-After": "5"}
    )


class _MigrationsPendingError(Exception):
    """Migrations are missing. An exception, because ``cache`` does not store it."""


@cache
def _check_migrated() -> None:
    """Raise _MigrationsPendingError unless every migration is applied. Success is cached."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _MigrationsPendingError


def _pending_migrations() -> bool:
    try:
        _check_migrated()
    except _MigrationsPendingError:
        return True
    return False
