"""Finds products that a file contains twice. Their keys are on disk to keep memory constant."""

import sqlite3
from types import TracebackType
from typing import Self

from catalog.exchange.imports.names import ProductNames
from catalog.exchange.imports.records import ProductRecord
from catalog.exchange.imports.translations import SEPARATOR


class FileKeys:
    """The slugs, SKUs and names of one file, and the names of the existing products."""

    def __init__(self) -> None:
        """Open a temporary SQLite database, which is deleted when it is closed."""
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE keys (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")
        self.names = ProductNames(self._database)

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
        """Add an error to the record for each duplicate, and remember its keys."""
        if record.errors:
            return
        name, line = record.folded_name(), record.row.line
        earlier = self._line_of(f"name {name}", line) if name else None
        if not record.is_found_by_name():
            earlier = self._line_of(f"slug {record.slug}", line) if record.slug else None
        if earlier:
            reason = f"The product was already on line {earlier}. Put all its rows together."
            record.errors.append(record.row.error("slug" if record.slug else "name", reason))
        self._check_translations(record)
        for row, sku in record.skus():
            if line := self._line_of(f"sku {sku.upper()}", row.line) or 0:
                record.errors.append(row.error("sku", f"Line {line} has the same SKU."))

    def _check_translations(self, record: ProductRecord) -> None:
        """Leave out slugs of translations that a product above has in the same language."""
        for language, texts in record.translations.items():
            slug, line = texts.get("slug"), record.row.line
            earlier = self._line_of(f"slug {language} {slug}", line) if slug else None
            if earlier:
                del texts["slug"]
                reason = f"Line {earlier} has the same slug. It was left out."
                record.warn(record.row.error(f"slug{SEPARATOR}{language}", reason))

    def remember_slug(self, slug: str, line: int) -> None:
        """Remember the slug of a product that was found or made without a slug in the file."""
        self._line_of(f"slug {slug}", line)

    def _line_of(self, key: str, line: int) -> int | None:
        """Return the earlier line with this key. If there is none, store this line."""
        sql = "INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING"
        if self._database.execute(sql, (key, line)).rowcount:
            return None
        row = self._database.execute("SELECT line FROM keys WHERE key = ?", (key,)).fetchone()
        return int(row[0])
