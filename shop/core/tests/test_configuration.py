"""The revision of the configuration: each write sets a new one, in its own transaction."""

import pytest
from django.db import IntegrityError, transaction

from shop.core.configuration import bump, current_revision
from shop.core.models import ConfigurationRevision, Event
from shop.testing.races import at_once


def read():
    """The revision as a statement that reads other rows gets it, such as that of a cart."""
    Event.objects.get_or_create(kind="test", object_type="test", object_id=1, data={})
    return Event.objects.values_list(current_revision(), flat=True).get()


def test_each_part_has_a_revision_of_its_own(db, django_assert_num_queries):
    assert read() is None
    with django_assert_num_queries(1):
        bump("taxes")
    first = read()
    bump("promotions")
    bump("shipping")
    second = read()
    taxes = first.strip()
    assert first == f" {taxes} "
    assert second.split(" ")[1] == taxes
    assert {len(part) for part in second.split(" ")} == {16}
    bump("taxes")
    assert read().split(" ")[1] != taxes
    assert read().split(" ")[::2] == second.split(" ")[::2]


def test_a_revision_of_a_rolled_back_write_never_returns(db):
    """Otherwise a process that had read the uncommitted configuration would keep it."""
    bump("taxes")
    before, seen = read(), set()
    for _ in range(2):
        with transaction.atomic():
            bump("taxes")
            seen.add(read())
            transaction.set_rollback(True)
        assert read() == before
    assert len(seen | {before}) == 3


def test_there_is_one_row(db):
    bump("taxes")
    with pytest.raises(IntegrityError), transaction.atomic():
        ConfigurationRevision.objects.create(pk=2)


@pytest.mark.django_db(transaction=True)
def test_writers_of_different_parts_do_not_lose_a_revision():

    at_once(lambda: bump("taxes"), lambda: bump("promotions"), lambda: bump("shipping"))
    assert all(read().split(" "))
