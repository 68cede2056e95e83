"""Finds duplicates within a file: its slugs and SKUs are on disk, so that memory stays constant."""

import sqlite3
from types import TracebackType
from typing import Self

from catalog.exchange.imports.records import ProductRecord


class FileKeys:
    """Slugs and SKUs of the products of one file."""

    def __init__(self) -> None:
        """Open a database of its own that SQLite keeps in a temporary file, and deletes."""
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
        """Add to the record's faults what the file has named before; remember what it names."""
        if record.faults:
            return
        key = record.key()
        if key and (line := self._line_of(f"slug {key}", record.row.line)):
            reason = f"Line {line} began this product: its rows belong together."
            record.faults.append(record.row.fault("slug", reason))
        for row, sku in record.skus():
            if line := self._line_of(f"sku {sku}", row.line):
                record.faults.append(row.fault("sku", f"Line {line} has this SKU too."))

    def _line_of(self, key: str, line: int) -> int | None:
        """Return the line that has the key already; None, now that this one has it."""
        sql = "INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING"
        if self._database.execute(sql, (key, line)).rowcount:
            return None
        found = self._database.execute("SELECT line FROM keys WHERE key = ?", (key,)).fetchone()
        return int(found[0])
