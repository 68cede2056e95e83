"""What a file has named already: slugs and SKUs, kept on disk, so that memory stays constant."""

import sqlite3
from types import TracebackType
from typing import Self

from catalog.exchange.imports.records import ProductRecord


class FileKeys:
    """Products of one file; a second one with the slug or a SKU of another is at fault."""

    def __init__(self) -> None:
        """Open a database of its own that SQLite keeps in a temporary file, and deletes."""
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.execute("PRAGMA journal_mode = OFF")
        self._kept.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._kept.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._kept.close()

    def check(self, record: ProductRecord) -> None:
        """Add to the record's faults what the file had before; keep what it names."""
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
        sql = "INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING"
        if self._kept.execute(sql, (key, line)).rowcount:
            return None
        found = self._kept.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])
