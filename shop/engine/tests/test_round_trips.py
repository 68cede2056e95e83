"""What goes to PostgreSQL together, and that it happens in its order, or not at all."""

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


def test_one_that_asks_nothing_is_none():
    for _ in range(2):
        with transaction.atomic():
            pass
        assert (status(), keys()) == (TRANSACTION_STATUS_IDLE, [])


def test_what_is_deferred_goes_with_what_follows():
    insert_later("a")  # prepares the statement
    with transaction.atomic():
        insert_later("b %")
        assert status() == TRANSACTION_STATUS_IDLE
        assert keys() == ["a", "b %"]
        assert at_once(keys) == [["a"]]
    assert at_once(keys) == [["a", "b %"]]


def test_or_with_the_commit():
    with transaction.atomic():
        insert_later("a")
        send_with_next("UPDATE core_ratecounter SET attempts = %s WHERE key = %s", [7, "a"])
    assert RateCounter.objects.get().attempts == 7


def test_outside_a_transaction_it_goes_at_once():
    insert_later("a")
    assert at_once(keys) == [["a"]]


def test_a_transaction_that_fails_forgets_it():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        insert_later("a")
        raise ZeroDivisionError
    assert keys() == []
    insert_later("b")
    assert keys() == ["b"]


def test_a_savepoint_that_fails_forgets_what_came_after_it():
    with transaction.atomic():
        insert_later("before")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            insert_later("within")
            raise ZeroDivisionError
        insert_later("after")
    assert keys() == ["after", "before"]


def test_a_refusal_shows_at_the_next_statement_and_undoes_all():
    insert_later("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_later("b", "a")
        keys()
        pytest.fail("the statement that took it along was answered")
    assert keys() == ["a"]


def test_or_at_the_commit():
    insert_later("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_later("b", "a")
    assert (keys(), status()) == (["a"], TRANSACTION_STATUS_IDLE)


def test_within_a_savepoint_the_rest_goes_on():
    insert_later("a")
    with transaction.atomic():
        insert_later("b")
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_later("a")
        insert_later("c")
    assert keys() == ["a", "b", "c"]


def test_a_failure_that_is_taken_for_another_one_is_not_committed_silently():
    insert_later("a")
    with pytest.raises(InternalError), transaction.atomic():
        RateCounter.objects.create(key="b", attempts=1, ends_at=1)
        insert_later("a")
        with suppress(IntegrityError), transaction.atomic():
            pass
    assert (keys(), status()) == (["a"], TRANSACTION_STATUS_IDLE)
    insert_later("c")
    assert keys() == ["a", "c"]


def test_a_statement_that_cannot_be_read_leaves_the_transaction_whole():
    with pytest.raises(ZeroDivisionError), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError):
            cursor.execute("SELEKT 1")
        insert_later("a")
        keys()
        raise ZeroDivisionError
    assert (keys(), status()) == ([], TRANSACTION_STATUS_IDLE)


def test_cursors_of_the_server_come_after_it():
    with transaction.atomic():
        insert_later("a")
        assert [row.key for row in RateCounter.objects.iterator(chunk_size=1)] == ["a"]
    assert [row.key for row in RateCounter.objects.iterator(chunk_size=1)] == ["a"]


def test_many_at_once_come_after_it_and_the_rest_is_refused():
    with transaction.atomic(), connection.cursor() as cursor:
        insert_later("a")
        sql = "UPDATE core_ratecounter SET attempts = attempts + %s"
        cursor.executemany(sql, [(2,), (3,)])
        for overtaking in (cursor.copy_expert, cursor.cursor.callproc):
            with pytest.raises(NotImplementedError):
                overtaking("COPY core_ratecounter TO STDOUT", None)
    assert RateCounter.objects.get().attempts == 6


def test_the_log_of_statements_shows_each_by_itself(django_assert_num_queries):
    with django_assert_num_queries(4) as captured, transaction.atomic():
        insert_later("a")
        keys()
    sent = [query["sql"].split(" ")[0] for query in captured.captured_queries]
    assert sent == ["BEGIN", "EXECUTE", "SELECT", "COMMIT"]
