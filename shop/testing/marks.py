"""Marks that several modules of tests use."""

import pytest
from django.db import connection

on_one_database = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="does not depend on the kind of database: see SQLite"
)
"""For tests that take long and have the same result on every database."""
