"""A transaction that lost a deadlock is run again, whole; any other failure is not."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import OperationalError, connection

from catalog.factories import ProductFactory
from catalog.models import Product
from catalog.services import update_product
from shop.core.transactions import ATTEMPTS, sqlstate, transactional
from shop.testing.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_that_lock_in_opposite_order_both_succeed():
    """On PostgreSQL they deadlock for certain; SQLite has one lock, and lets one wait."""
    products = [ProductFactory().pk, ProductFactory().pk]
    meeting = Barrier(2)
    attempts = []

    @transactional
    def lock(first, second):
        attempts.append(first)
        Product.objects.lock(first)
        with suppress(BrokenBarrierError):  # on SQLite, and in a second attempt, nobody else comes
            meeting.wait(timeout=1)
        update_product(product_id=second, name=f"locked after {first}")
        return first

    def hurry(first, second):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET deadlock_timeout = '100ms'")
        return lock(first, second)

    assert at_once(lambda: hurry(*products), lambda: hurry(*reversed(products))) == products
    # The one that lost tries again, and may lose again before the other has its row.
    assert len(attempts) > 2 or connection.vendor != "postgresql"
    names = {f"locked after {pk}" for pk in products}
    assert set(Product.objects.values_list("name", flat=True)) == names


def test_any_other_failure_is_raised_at_once():
    attempts = []

    @transactional
    def fail():
        attempts.append(1)
        raise OperationalError("the disk is full")

    with pytest.raises(OperationalError):
        fail()
    assert len(attempts) == 1 < ATTEMPTS


def test_a_service_within_another_that_failed_takes_it_along():
    pk = ProductFactory(name="before").pk

    @transactional
    def fail():
        Product.objects.filter(pk=pk).update(name="half done")
        raise ZeroDivisionError

    @transactional
    def go_on():
        with suppress(ZeroDivisionError):
            fail()

    go_on()
    assert Product.objects.get(pk=pk).name == "before"


@pytest.mark.parametrize("attribute", ["sqlstate", "pgcode"])
def test_the_sqlstate_of_either_driver_is_read(attribute):
    """psycopg 3 has ``sqlstate``, psycopg2 has ``pgcode``."""
    cause = Exception()
    setattr(cause, attribute, "40P01")
    error = OperationalError()
    assert sqlstate(error) == ""
    error.__cause__ = cause
    assert sqlstate(error) == "40P01"
