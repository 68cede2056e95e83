"""Statements that PostgreSQL plans once a connection, and what a migration in between does."""

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from shop.core.models import RateCounter
from shop.core.postgresql import base
from shop.core.statements import Insert, Select, fetch, insert

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite prepares by itself"),
    pytest.mark.django_db(transaction=True),
]

_COUNTERS = Insert(RateCounter, "key", "attempts", "ends_at")
_ATTEMPTS = Select(lambda key: RateCounter.objects.filter(key=key).values_list("attempts"))


def _prepared():
    return [text for (text,) in fetch("SELECT statement FROM pg_prepared_statements", [])]


def _retype(column_type):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE core_ratecounter ALTER attempts TYPE {column_type}")


@pytest.fixture
def counter(db):
    """A row, on a connection that has prepared nothing."""
    connection.close()
    counter = RateCounter(key="100 % k", attempts=2, ends_at=3)
    insert(counter)
    yield counter
    _retype("integer")


def test_a_statement_is_prepared_once_whatever_its_values(counter):
    assert [_ATTEMPTS.row(key=key) for key in ("100 % k", "other", "100 % k")] == [
        (2,),
        None,
        (2,),
    ]
    assert len([text for text in _prepared() if "core_ratecounter" in text]) == 2  # with the insert


def test_a_new_connection_prepares_anew(counter):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    connection.close()
    assert _ATTEMPTS.row(key=counter.key) == (2,)


def test_a_connection_prepares_no_more_than_so_many(counter, monkeypatch):
    monkeypatch.setattr(base, "MAX_PREPARED", 1)
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    assert len(_prepared()) == 1


def test_nothing_is_prepared_if_so_set(counter, settings):
    settings.PREPARE_STATEMENTS = False
    connection.close()
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _COUNTERS.defer([("50 %", 1, 1)])
    assert fetch("SELECT count(*) FROM core_ratecounter WHERE attempts < %s", [3]) == [(2,)]
    assert _prepared() == []


def test_a_column_of_another_type_is_read_at_once(counter):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _retype("bigint")
    assert _ATTEMPTS.row(key=counter.key) == (2,)


def test_under_a_transaction_it_is_told_to_try_again(counter):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _retype("bigint")
    with pytest.raises(OperationalError, match="A migration changed"), transaction.atomic():
        _ATTEMPTS.row(key=counter.key)
    with transaction.atomic():
        assert _ATTEMPTS.row(key=counter.key) == (2,)


def test_a_lock_does_not_mind_a_column_of_another_type(counter):
    for column_type in ("integer", "bigint"):
        _retype(column_type)
        with transaction.atomic():
            _ATTEMPTS.lock(key=counter.key)
            assert RateCounter.objects.filter(key=counter.key).update(attempts=2) == 1


def test_rows_beyond_ten_are_one_statement(counter):
    _COUNTERS.defer((f"{n} %", n, 1) for n in range(11))
    assert fetch("SELECT SUM(attempts), COUNT(*) FROM core_ratecounter", []) == [(57, 12)]
    with pytest.raises(IntegrityError):
        _COUNTERS.defer([("5 %", 1, 1)])
