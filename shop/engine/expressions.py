"""Expressions whose SQL stays the same for any number of values."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Func, IntegerField


class ValueByKey(Func):
    """The integer in ``values`` at the position of the row's key in ``keys``.

    For an UPDATE that gives each row in ``keys`` its own value. PostgreSQL looks the value up in an
    array, so that one prepared statement works for any number of rows.
    """

    def __init__(self, key: str, *, keys: Sequence[int], values: Sequence[int]) -> None:
        """Look up the value of the column ``key``."""
        super().__init__(F(key), output_field=IntegerField())
        self._keys, self._values = list(keys), list(values)

    def as_sql(  # type: ignore[override] # as Func calls it, not as its stubs have it
        self, compiler: Any, connection: Any, **_: Any
    ) -> tuple[str, list[Any]]:
        """Return a CASE with a branch for each key."""
        column, parameters = compiler.compile(self.get_source_expressions()[0])
        branches = " ".join(["WHEN %s THEN %s"] * len(self._keys))
        pairs = [n for pair in zip(self._keys, self._values, strict=True) for n in pair]
        return f"CASE {column} {branches} END", [*parameters, *pairs]

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        """Return an element of an array."""
        column, parameters = compiler.compile(self.get_source_expressions()[0])
        sql = f"(%s::integer[])[ARRAY_POSITION(%s::bigint[], {column})]"
        return sql, [self._values, self._keys, *parameters]
