"""Finds products by their exact names, apart from case and spaces, which have no index.

The names are stored on disk when they are needed for the first time, to keep memory constant.
"""

import sqlite3
from collections.abc import Collection

from catalog.products.models import Product
from shop.core.slugs import fold_name

_CHUNK = 5_000


class ProductNames:
    """The names of the products at the start of an import."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Use a temporary database, which its owner closes."""
        self._database = database
        self._is_read = False

    def ids_of(self, names: Collection[str]) -> set[int]:
        """Return the ids of products with these folded names. Without names it reads nothing."""
        if not names:
            return set()
        if not self._is_read:
            self._read()
            self._is_read = True
        found: set[int] = set()
        for name in names:
            rows = self._database.execute("SELECT pk FROM names WHERE name = ?", (name,))
            found.update(pk for (pk,) in rows)
        return found

    def _read(self) -> None:
        self._database.execute("CREATE TABLE names (name TEXT, pk INTEGER)")
        products = Product.objects.not_archived().listed().order_by("pk")
        after = 0
        while chunk := list(products.filter(pk__gt=after).values_list("name", "pk")[:_CHUNK]):
            folded = ((fold_name(name), pk) for name, pk in chunk)
            self._database.executemany("INSERT INTO names VALUES (?, ?)", folded)
            after = chunk[-1][1]
        self._database.execute("CREATE INDEX by_name ON names (name)")
