"""Prepared statements, also after a migration and behind a pooler."""

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from shop.core.models import RateCounter
from shop.core.transactions import transactional
from shop.engine import Insert, Select, fetch, insert, is_fast
from shop.engine.postgresql import base

pytestmark = [
    pytest.mark.skipif(not is_fast(), reason="the plain engine prepares nothing"),
    pytest.mark.django_db(transaction=True),
]

_COUNTERS = Insert(RateCounter, "key", "attempts", "ends_at")
_ATTEMPTS = Select(
    lambda *columns: columns,
    lambda key: RateCounter.objects.filter(key=key).values_list("attempts"),
)


def _prepared():
    return [text for (text,) in fetch("SELECT statement FROM pg_prepared_statements", [])]


def _retype(column_type):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE core_ratecounter ALTER attempts TYPE {column_type}")


@pytest.fixture
def counter(db):
    """A row, on a connection without prepared statements."""
    connection.close()
    counter = RateCounter(key="100 % k", attempts=2, ends_at=3)
    insert(counter)
    yield counter
    _retype("integer")


def test_a_statement_is_prepared_once_for_all_values(counter):
    assert [_ATTEMPTS.row(key=key) for key in ("100 % k", "other", "100 % k")] == [
        (2,),
        None,
        (2,),
    ]
    assert len([text for text in _prepared() if "core_ratecounter" in text]) == 2  # with the insert


def test_a_new_connection_prepares_again(counter):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    connection.close()
    assert _ATTEMPTS.row(key=counter.key) == (2,)


def test_the_number_of_prepared_statements_is_limited(counter, monkeypatch):
    monkeypatch.setattr(base, "MAX_PREPARED", 1)
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    assert len(_prepared()) == 1


def test_the_setting_disables_prepared_statements(counter, settings):
    settings.PREPARE_STATEMENTS = False
    connection.close()
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _COUNTERS.send_with_next([("50 %", 1, 1)])
    assert fetch("SELECT count(*) FROM core_ratecounter WHERE attempts < %s", [3]) == [(2,)]
    assert _prepared() == []


def test_a_column_of_another_type_is_read_at_once(counter):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _retype("bigint")
    assert _ATTEMPTS.row(key=counter.key) == (2,)


def test_a_changed_column_in_a_transaction_is_an_error(counter):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _retype("bigint")
    with pytest.raises(OperationalError, match="A migration changed"), transaction.atomic():
        _ATTEMPTS.row(key=counter.key)
    with transaction.atomic():
        assert _ATTEMPTS.row(key=counter.key) == (2,)


def test_a_service_is_repeated_after_a_column_has_changed(counter):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _retype("bigint")
    assert transactional(lambda: _ATTEMPTS.row(key=counter.key))() == (2,)


def test_a_lock_works_after_a_column_has_changed(counter):
    for column_type in ("integer", "bigint"):
        _retype(column_type)
        with transaction.atomic():
            _ATTEMPTS.lock_with_next_statement(key=counter.key)
            assert RateCounter.objects.filter(key=counter.key).update(attempts=2) == 1


def test_rows_beyond_ten_are_one_statement(counter):
    _COUNTERS.send_with_next((f"{n} %", n, 1) for n in range(11))
    assert fetch("SELECT SUM(attempts), COUNT(*) FROM core_ratecounter", []) == [(57, 12)]
    with pytest.raises(IntegrityError):
        _COUNTERS.send_with_next([("5 %", 1, 1)])


def _lose_statements():
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def _prepare_the_same_elsewhere():
    """Prepare under the names that this connection is going to use."""
    connection._prepared = {}


@pytest.mark.parametrize("lose", [_lose_statements, _prepare_the_same_elsewhere])
def test_a_statement_that_a_pooler_lost_is_executed_directly(counter, lose):
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    lose()
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    _lose_statements()
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    assert _prepared() == []


@pytest.mark.parametrize("lose", [_lose_statements, _prepare_the_same_elsewhere])
@pytest.mark.parametrize("is_queued", [False, True])
def test_a_transaction_that_lost_a_statement_is_repeated(counter, lose, is_queued):
    runs = []

    @transactional
    def count_up():
        runs.append(RateCounter.objects.filter(key=counter.key).update(ends_at=len(runs)))
        if is_queued:
            _COUNTERS.send_with_next([("new", 1, 1)])
        else:
            assert _ATTEMPTS.row(key=counter.key) == (2,)

    assert _ATTEMPTS.row(key=counter.key) == (2,)
    with transaction.atomic():
        _COUNTERS.send_with_next([("old", 1, 1)])
    lose()
    count_up()
    assert runs == [1, 1]
    assert RateCounter.objects.get(key=counter.key).ends_at == 1
    assert RateCounter.objects.filter(key="new").count() == is_queued


@pytest.mark.parametrize("lose", [_lose_statements, _prepare_the_same_elsewhere])
def test_one_transaction_that_is_not_repeated_fails_and_not_all_of_them(counter, lose):
    with transaction.atomic():
        _COUNTERS.send_with_next([("old", 1, 1)])
    lose()
    with pytest.raises(DatabaseError), transaction.atomic():
        _COUNTERS.send_with_next([("new", 1, 1)])
    with transaction.atomic():
        _COUNTERS.send_with_next([("new", 1, 1)])
    assert RateCounter.objects.filter(key="new").count() == 1


def test_a_statement_has_the_same_name_on_every_connection(counter):
    def name_of_attempts():
        sql = "SELECT name FROM pg_prepared_statements WHERE strpos(statement, %s) > 0"
        return fetch(sql, [' AS SELECT "core_ratecounter"'])

    assert _ATTEMPTS.row(key=counter.key) == (2,)
    first = name_of_attempts()
    connection.close()
    _COUNTERS.send_with_next([("another", 1, 1)])  # a counter would give this one the name
    assert _ATTEMPTS.row(key=counter.key) == (2,)
    assert len(first) == 1
    assert name_of_attempts() == first
