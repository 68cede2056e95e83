"""System checks of the database connection: whether the time-outs of the shop are effective."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.utils import OperationalError

from shop.engine.parts import is_fast
from shop.engine.postgresql.base import is_pooled

_ROLE = "ALTER ROLE {user} SET {name} = '{value}';"


@register(Tags.database)
def check_pooler(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Report a pooler without DATABASE_POOLER, and time-outs that are not effective."""
    connection = connections["default"]
    if "default" not in (databases or ()) or connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            has_pooler = is_pooled(cursor, connection.connection)
            found = {name: _show(cursor, name) for name in settings.DATABASE_TIMEOUTS}
    except OperationalError as error:
        return _refused_options(error)
    if has_pooler and not settings.DATABASE_POOLER:
        return [_error("DATABASE_URL is that of a connection pooler.", "E001")]
    if not is_fast() and has_pooler and "0" in found.values():
        return [_missing_timeouts(connection.settings_dict["USER"], found)]
    return []


def _show(cursor: Any, name: str) -> str:
    cursor.execute(f"SHOW {name}")
    return str(cursor.fetchone()[0])


def _refused_options(error: OperationalError) -> list[CheckMessage]:
    if "unsupported startup parameter" not in str(error):
        return []  # an outage is not an error of the settings
    return [_error("A connection pooler refuses the options of DATABASE_URL.", "E002")]


def _error(message: str, number: str) -> CheckMessage:
    return Error(message, hint="Set DATABASE_POOLER=true.", id=f"shop.{number}")


def _missing_timeouts(user: str, found: dict[str, str]) -> CheckMessage:
    """Return the error for plain mode, in which no time-outs are set behind a pooler."""
    commands = " ".join(
        _ROLE.format(user=user, name=name, value=value)
        for name, value in settings.DATABASE_TIMEOUTS.items()
        if found[name] == "0"
    )
    return Error(
        "Statements have no time-outs behind the connection pooler.",
        hint=f"Set them for the role: {commands} Or use SHOP_ENGINE=fast.",
        id="shop.E003",
    )
