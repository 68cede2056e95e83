"""Rows of a table in a temporary database, for formats whose variants are anywhere in the file."""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from catalog.exchange.imports.rows import FileError
from catalog.exchange.imports.tables import TableRow


class StoredRows:
    """The rows of a file by their keys and by the key of their parent, in constant memory."""

    def __init__(self) -> None:
        """Open a temporary SQLite database, which is deleted when it is closed."""
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("BEGIN")
        self._database.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, content BLOB)")
        self._database.execute("CREATE TABLE key (key TEXT PRIMARY KEY, id INTEGER) WITHOUT ROWID")
        self._database.execute("CREATE TABLE child (parent TEXT, id INTEGER)")
        self._database.execute("CREATE TABLE mark (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._broken: FileError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._database.close()

    def read(self, rows: Iterator[TableRow]) -> Iterator[TableRow]:
        """Yield rows before the point where the file cannot be read; ``finish`` raises its error.

        The caller stores them with ``add``.
        """
        try:
            yield from rows
        except FileError as error:
            self._broken = error
        self._database.execute("CREATE INDEX child_of ON child (parent, id)")

    def finish(self) -> None:
        """Raise the FileError at which the file ended, if there is one."""
        if self._broken is not None:
            raise self._broken

    def add(self, row: TableRow, *, keys: Iterable[str], parent: str = "") -> None:
        """Store a row. Of several rows with a key, the first one is found."""
        content = pickle.dumps(row, protocol=pickle.HIGHEST_PROTOCOL)
        found = self._database.execute("INSERT INTO row (content) VALUES (?)", (content,))
        for key in filter(None, keys):
            self._database.execute(
                "INSERT INTO key VALUES (?, ?) ON CONFLICT DO NOTHING", (key, found.lastrowid)
            )
        if parent:
            self._database.execute("INSERT INTO child VALUES (?, ?)", (parent, found.lastrowid))

    def mark(self, key: str) -> None:
        """Remember that the row with a key belongs to another one."""
        self._database.execute("INSERT INTO mark VALUES (?) ON CONFLICT DO NOTHING", (key,))

    def is_marked(self, key: str) -> bool:
        """Return whether the row with a key belongs to another one."""
        sql = "SELECT 1 FROM mark WHERE key = ?"
        return self._database.execute(sql, (key,)).fetchone() is not None

    def find(self, key: str) -> TableRow | None:
        """Return the row with a key, or None."""
        sql = "SELECT content FROM row JOIN key USING (id) WHERE key = ?"
        found = self._database.execute(sql, (key,)).fetchone()
        return self._load(found[0]) if found else None

    def children(self, keys: Iterable[str]) -> list[TableRow]:
        """Return the children of the row with these keys, in the order of the file."""
        sql = "SELECT id, content FROM row JOIN child USING (id) WHERE parent = ?"
        found = [pair for key in filter(None, keys) for pair in self._database.execute(sql, (key,))]
        return [self._load(content) for _, content in sorted(dict(found).items())]

    def __iter__(self) -> Iterator[TableRow]:
        last = 0
        sql = "SELECT id, content FROM row WHERE id > ? ORDER BY id LIMIT 100"
        while found := self._database.execute(sql, (last,)).fetchall():
            for _, content in found:
                yield self._load(content)
            last = found[-1][0]

    @staticmethod
    def _load(content: bytes) -> TableRow:
        row: TableRow = pickle.loads(content)  # noqa: S301 - this process has written it
        return row
