"""Former names of the engine's statements, while the callers move to the new ones."""

from typing import Any

from shop.engine.inserts import Insert as _Insert
from shop.engine.inserts import insert as _insert
from shop.engine.rows import columns_of
from shop.engine.statements import Select as _Select
from shop.engine.statements import Update as _Update
from shop.engine.statements import fetch
from shop.engine.statements import send_with_next as defer

__all__ = ["Insert", "Select", "Update", "columns_of", "defer", "fetch", "insert"]


class Select(_Select[Any, Any]):
    def __init__(self, build: Any) -> None:
        super().__init__(lambda *columns: columns, build)

    def lock(self, **values: Any) -> None:
        self.lock_with_next_statement(**values)


class Update(_Update[Any]):
    def defer(self, **values: Any) -> None:
        self.send_with_next(**values)


class Insert(_Insert):
    def defer(self, rows: Any) -> None:
        self.send_with_next(rows)


def insert(row: Any, *, unless_there: bool = False) -> bool:
    return _insert(row, unless_exists=unless_there)
