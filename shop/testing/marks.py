"""Marks that several modules of tests use."""

import pytest
from django.db import connection

without_database = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="uses no database of the tests, so SQLite is enough"
)
"""For tests that take long and have the same result on every database."""
