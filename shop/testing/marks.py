"""Marks that several modules of tests use."""

import pytest
from django.db import connection

from shop.engine import is_fast

on_one_database = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="does not depend on the kind of database: see SQLite"
)
"""For tests with the same result on every database: of pure functions, texts, documents, files."""

on_one_engine = pytest.mark.skipif(
    connection.vendor == "postgresql" and not is_fast(),
    reason="does not depend on the engine: see the fast engine",
)
"""For tests of querysets, files and pages, which are the same with both engines on PostgreSQL.

The ids of a list are such a queryset; the engine reads the rows of these ids.
"""
