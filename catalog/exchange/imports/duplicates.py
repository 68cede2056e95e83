"""Finds duplicate slugs and SKUs within a file. They are stored on disk to keep memory constant."""

import sqlite3
from types import TracebackType
from typing import Self

from catalog.exchange.imports.records import ProductRecord


class FileKeys:
    """The slugs and SKUs of one file."""

    def __init__(self) -> None:
        """Open a temporary SQLite database, which is deleted when it is closed."""
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE keys (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._database.close()

    def check(self, record: ProductRecord) -> None:
        """Add an error to the record for each duplicate, and remember its slug and SKUs."""
        if record.errors:
            return
        key = record.key()
        if key and (line := self._line_of(f"slug {key}", record.row.line)):
            reason = f"The product was already on line {line}. Put all its rows together."
            record.errors.append(record.row.error("slug", reason))
        for row, sku in record.skus():
            if line := self._line_of(f"sku {sku}", row.line):
                record.errors.append(row.error("sku", f"Line {line} has the same SKU."))

    def _line_of(self, key: str, line: int) -> int | None:
        """Return the earlier line with this key. If there is none, store this line."""
        sql = "INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING"
        if self._database.execute(sql, (key, line)).rowcount:
            return None
        row = self._database.execute("SELECT line FROM keys WHERE key = ?", (key,)).fetchone()
        return int(row[0])
