"""Health checks: whether the process is alive, and whether it is ready for requests."""

import os
import shutil
from functools import cache
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from shop.engine.server import draining

_ACCEPTS_WRITES = """
SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'
"""
_LEAST_ROOM = 1024 * 1024


@csrf_exempt
def healthz(request: HttpRequest) -> JsonResponse:
    """Return 200 as long as the process can respond. Does not use the database."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
def readyz(request: HttpRequest) -> JsonResponse:
    """Return 200 if the shop can serve every request, otherwise 503 with the reason.

    The database must respond and accept writes, every migration must be applied, and the server
    must not be about to stop.
    """
    if draining.has_begun():
        return _not_ready("the server is about to stop")
    try:
        if _is_read_only():
            return _not_ready("the database accepts no writes")
        pending = has_pending_migrations()
    except DatabaseError:
        return _not_ready("the database does not respond")
    if pending:
        return _not_ready("migrations are missing: run manage.py migrate")
    return JsonResponse({"status": "ready"})


def _is_read_only() -> bool:
    """Return whether the database refuses every write: it is a standby, or set to read-only.

    SQLite's file must be writable and have room to grow.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPTS_WRITES if connection.vendor == "postgresql" else "SELECT 1")
        row = cursor.fetchone()
    if connection.vendor == "postgresql":
        return not row[0]
    file = Path(connection.settings_dict["NAME"])
    return file.exists() and not (
        os.access(file, os.W_OK)
        and os.access(file.parent, os.W_OK)
        and shutil.disk_usage(file.parent).free >= _LEAST_ROOM
    )


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


def has_pending_migrations() -> bool:
    """Return whether migrations are missing. Once none is, the database is not asked again."""
    try:
        _check_migrated()
    except _MigrationsPendingError:
        return True
    return False
