"""Pipelined statements: they are executed in order, and their errors are raised."""

from contextlib import suppress

import pytest
from django.db import (
    IntegrityError,
    InternalError,
    ProgrammingError,
    connection,
    transaction,
)
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from shop.core.models import RateCounter
from shop.engine import Insert, is_fast, send_with_next
from shop.testing.races import at_once

pytestmark = [
    pytest.mark.skipif(not is_fast(), reason="the plain engine pipelines nothing"),
    pytest.mark.django_db(transaction=True),
]


_COUNTERS = Insert(RateCounter, "key", "attempts", "ends_at")


def insert_later(*names):
    _COUNTERS.send_with_next((name, 1, 1) for name in names)


def keys():
    return list(RateCounter.objects.order_by("key").values_list("key", flat=True))


def status():
    return connection.connection.get_transaction_status()


def test_a_transaction_begins_with_its_first_statement():
    keys()
    with transaction.atomic():
        assert status() == TRANSACTION_STATUS_IDLE
        keys()
        assert status() == TRANSACTION_STATUS_INTRANS
    assert status() == TRANSACTION_STATUS_IDLE


def test_an_empty_transaction_sends_nothing():
    for _ in range(2):
        with transaction.atomic():
            pass
        assert (status(), keys()) == (TRANSACTION_STATUS_IDLE, [])


def test_a_pending_statement_is_sent_with_the_next_one():
    insert_later("a")  # prepares the statement
    with transaction.atomic():
        insert_later("b %")
        assert status() == TRANSACTION_STATUS_IDLE
        assert keys() == ["a", "b %"]
        assert at_once(keys) == [["a"]]
    assert at_once(keys) == [["a", "b %"]]


def test_a_pending_statement_is_sent_with_the_commit():
    with transaction.atomic():
        insert_later("a")
        send_with_next("UPDATE core_ratecounter SET attempts = %s WHERE key = %s", [7, "a"])
    assert RateCounter.objects.get().attempts == 7


def test_outside_a_transaction_a_statement_is_executed_at_once():
    insert_later("a")
    assert at_once(keys) == [["a"]]


def test_a_failed_transaction_discards_pending_statements():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        insert_later("a")
        raise ZeroDivisionError
    assert keys() == []
    insert_later("b")
    assert keys() == ["b"]


def test_a_failed_savepoint_discards_its_pending_statements():
    with transaction.atomic():
        insert_later("before")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            insert_later("within")
            raise ZeroDivisionError
        insert_later("after")
    assert keys() == ["after", "before"]


def test_the_error_of_a_pending_statement_is_raised_by_the_next_one():
    insert_later("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_later("b", "a")
        keys()
        pytest.fail("the next statement succeeded")
    assert keys() == ["a"]


def test_the_error_of_a_pending_statement_is_raised_by_the_commit():
    insert_later("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_later("b", "a")
    assert (keys(), status()) == (["a"], TRANSACTION_STATUS_IDLE)


def test_an_error_in_a_savepoint_does_not_affect_the_rest():
    insert_later("a")
    with transaction.atomic():
        insert_later("b")
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_later("a")
        insert_later("c")
    assert keys() == ["a", "b", "c"]


def test_a_commit_after_an_ignored_error_is_an_error():
    insert_later("a")
    with pytest.raises(InternalError), transaction.atomic():
        RateCounter.objects.create(key="b", attempts=1, ends_at=1)
        insert_later("a")
        with suppress(IntegrityError), transaction.atomic():
            pass
    assert (keys(), status()) == (["a"], TRANSACTION_STATUS_IDLE)
    insert_later("c")
    assert keys() == ["a", "c"]


def test_after_a_syntax_error_pending_statements_remain():
    with pytest.raises(ZeroDivisionError), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError):
            cursor.execute("SELEKT 1")
        insert_later("a")
        keys()
        raise ZeroDivisionError
    assert (keys(), status()) == ([], TRANSACTION_STATUS_IDLE)


def test_server_side_cursors_run_after_pending_statements():
    with transaction.atomic():
        insert_later("a")
        assert [row.key for row in RateCounter.objects.iterator(chunk_size=1)] == ["a"]
    assert [row.key for row in RateCounter.objects.iterator(chunk_size=1)] == ["a"]


def test_executemany_runs_after_pending_statements_and_copy_is_refused():
    with transaction.atomic(), connection.cursor() as cursor:
        insert_later("a")
        sql = "UPDATE core_ratecounter SET attempts = attempts + %s"
        cursor.executemany(sql, [(2,), (3,)])
        for overtaking in (cursor.copy_expert, cursor.cursor.callproc):
            with pytest.raises(NotImplementedError):
                overtaking("COPY core_ratecounter TO STDOUT", None)
    assert RateCounter.objects.get().attempts == 6


def test_the_query_log_has_each_statement(django_assert_num_queries):
    with django_assert_num_queries(4) as captured, transaction.atomic():
        insert_later("a")
        keys()
    sent = [query["sql"].split(" ")[0] for query in captured.captured_queries]
    assert sent == ["BEGIN", "EXECUTE", "SELECT", "COMMIT"]


def test_autocommit_cannot_be_switched_on_inside_a_transaction():
    """Later statements would be executed in the open transaction, which nothing commits."""
    transaction.set_autocommit(False)
    try:
        RateCounter.objects.create(key="a", attempts=1, ends_at=1)
        with pytest.raises(ProgrammingError, match="inside a transaction"):
            transaction.set_autocommit(True)
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert at_once(keys) == [["a"]]
