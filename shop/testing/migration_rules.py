"""Rules for migrations of tables in use, checked on the SQL that they execute on PostgreSQL.

The previous release serves requests while they run, and goes on afterwards. So no statement may
rewrite or scan a table while it is locked, and nothing that the previous release uses may go.

``python -m shop.testing.migration_rules '{"cart": "0002"}'`` migrates an empty database, that of
DATABASE_URL, to the migrations named, and the apps of Django to their last ones. Then it applies
the others, and prints what each of these did as JSON.
"""

import argparse
import gc
import json
import re
import sys
from collections.abc import Iterable
from typing import Any

import django
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_NAME = r'(?:ONLY )?"?(\w+)"?'
_RULES = {
    # pattern of a statement on a table, and why it is refused
    rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).* ON {_NAME}": (
        "writes wait for the index: use AddIndexOnline"
    ),
    rf"ALTER TABLE {_NAME} .*ADD COLUMN .* STORED": (
        "a stored generated column rewrites the table: add a nullable column, fill it in batches"
    ),
    rf"ALTER TABLE {_NAME} .*ADD COLUMN .*GENERATED .* AS IDENTITY": (
        "an identity column rewrites the table"
    ),
    rf"ALTER TABLE {_NAME} .*ADD COLUMN .*DEFAULT [^,]*"
    r"(?:random|clock_timestamp|timeofday|gen_random_uuid|uuid_generate|nextval)": (
        "a volatile default rewrites the table"
    ),
    rf"ALTER TABLE {_NAME} .*ADD COLUMN (?!.*DEFAULT).* NOT NULL": (
        "the previous release does not set the column: give it a db_default, or let it be null"
    ),
    rf"ALTER TABLE {_NAME} .*ADD COLUMN .*(?:UNIQUE|PRIMARY KEY)": (
        "the index is created under a lock: add it with AddIndexOnline"
    ),
    rf"ALTER TABLE {_NAME} .*ALTER COLUMN \S+ SET NOT NULL": (
        "the table is scanned under a lock: validate a check constraint before"
    ),
    rf"ALTER TABLE {_NAME} .*ADD CONSTRAINT \S+ (?:CHECK|FOREIGN KEY)(?!.* NOT VALID)": (
        "rows are checked under a lock: add it NOT VALID, and validate it in a later migration"
    ),
    rf"ALTER TABLE {_NAME} .*ADD CONSTRAINT \S+ (?:UNIQUE|PRIMARY KEY|EXCLUDE)(?!.*USING INDEX)": (
        "the index is created under a lock: create it concurrently"
    ),
    rf"ALTER TABLE {_NAME} .*RENAME ": "the previous release uses the old name",
    rf"ALTER TABLE {_NAME} .*DROP COLUMN ": "the previous release uses the column",
    rf"DROP TABLE {_NAME}": "the previous release uses the table",
    rf"(?:CLUSTER|VACUUM FULL|REFRESH MATERIALIZED VIEW|LOCK TABLE) {_NAME}": "the table is locked",
    rf"(?:UPDATE|DELETE FROM) {_NAME}": (
        "rows stay locked until all are written: write batches with RunPython, and atomic = False"
    ),
}
_OF_DJANGO = ("admin", "auth", "contenttypes", "sessions", "token_blacklist")
_CREATED = re.compile(r'CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?', re.IGNORECASE)


def created_tables(statements: Iterable[str]) -> set[str]:
    """Return the tables that statements create. Nobody uses them yet."""
    return {found[1] for one in statements if (found := _CREATED.search(one))}


def problems(statements: Iterable[str], *, new: set[str]) -> list[str]:
    """Return why the statements of a migration are refused. ``new`` are tables created since."""
    found, unchecked = [], set[str]()
    for statement in map(" ".join, map(str.split, statements)):
        found += [f"{reason}: {statement}" for reason in _reasons(statement, new)]
        if added := re.search(r"ADD CONSTRAINT (\S+) .* NOT VALID", statement):
            unchecked.add(added[1])
        validated = re.search(r"VALIDATE CONSTRAINT ([^\s;]+)", statement)
        if validated and validated[1] in unchecked:
            found.append(f"the lock of the same migration is held meanwhile: {statement}")
    return found


def _reasons(statement: str, new: set[str]) -> list[str]:
    return [
        reason
        for pattern, reason in _RULES.items()
        if (match := re.match(pattern, statement, re.IGNORECASE)) and match[1] not in new
    ]


def apply_missing() -> list[dict[str, Any]]:
    """Apply the missing migrations. Return their names, statements, and the tables rewritten."""
    executor = MigrationExecutor(connection)
    found = []
    state = executor._create_project_state(with_applied_migrations=True)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        statements: list[str] = []
        before = _files()
        with connection.execute_wrapper(_recorder(statements)):
            state = executor.apply_migration(state, migration)
        after = _files()
        rewritten = [table for table in before if after.get(table, 0) != before[table]]
        name = [migration.app_label, migration.name]
        found.append({"name": name, "statements": statements, "rewritten": rewritten})
    return found


def migrate_until(names: dict[str, str]) -> None:
    """Apply migrations up to the one of each app whose name begins as given, and Django's."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    last = [executor.loader.get_migration_by_prefix(*one) for one in names.items()]
    executor.migrate(
        [(one.app_label, one.name) for one in last]
        + [node for app in _OF_DJANGO for node in graph.leaf_nodes(app)]
    )


def _files() -> dict[str, int]:
    """Return the number of the file of each table, which changes if the table is rewritten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relfilenode FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return dict(cursor.fetchall())


def _recorder(statements: list[str]) -> Any:
    def record(execute: Any, sql: str, *arguments: Any) -> Any:
        # The body of a function has semicolons too.
        statements.extend([sql] if "$$" in sql else sql.split(";"))
        return execute(sql, *arguments)

    return record


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m shop.testing.migration_rules")
    parser.add_argument("previous", type=json.loads)
    options = parser.parse_args()
    django.setup()
    gc.disable()  # a fourth of the time of the migrations
    migrate_until(options.previous)
    sys.stdout.write(json.dumps(apply_missing()))
