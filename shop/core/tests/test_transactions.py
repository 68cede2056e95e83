"""A transaction is repeated after a deadlock, but not after other errors."""

from contextlib import suppress
from threading import Barrier

import pytest
from django.db import OperationalError, connection

from catalog.factories import ProductFactory
from catalog.models import Product
from catalog.services import update_product
from shop.core.transactions import ATTEMPTS, sqlstate, transactional
from shop.testing.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_transactions_that_deadlock_both_succeed():
    """On PostgreSQL they deadlock. On SQLite one of them waits."""
    products = [ProductFactory().pk, ProductFactory().pk]
    barrier = Barrier(2)
    attempts = []

    @transactional
    def lock(first, second):
        attempts.append(first)
        Product.objects.lock(first)
        # On SQLite the other one waits. A repeated transaction may meet no other.
        if connection.vendor == "postgresql" and len(attempts) <= 2:
            barrier.wait(timeout=60)
        update_product(product_id=second, name=f"locked after {first}")
        return first

    def lock_with_short_time_out(first, second):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET deadlock_timeout = '100ms'")
        return lock(first, second)

    assert (
        at_once(
            lambda: lock_with_short_time_out(*products),
            lambda: lock_with_short_time_out(*reversed(products)),
        )
        == products
    )
    # The repeated transaction may deadlock again.
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


def test_an_inner_service_that_fails_rolls_back_the_outer_one():
    pk = ProductFactory(name="before").pk

    @transactional
    def fail():
        Product.objects.filter(pk=pk).update(name="half done")
        raise ZeroDivisionError

    @transactional
    def ignore_error():
        with suppress(ZeroDivisionError):
            fail()

    ignore_error()
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
