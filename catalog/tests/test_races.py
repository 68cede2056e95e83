"""Concurrent writes of products, and the response cache."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest
from django.db import connections, transaction

from accounts.factories import StaffFactory
from catalog import services
from catalog.factories import ProductFactory
from catalog.indexing.services import index_outdated
from catalog.models import Product, ProductSearch, StockMovement
from catalog.revision import current
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/api/products/"


def adjust(caller, product, delta):
    return caller.post(f"{LIST}{product.pk}/stock/", {"delta": delta, "reason": "Counted"})


def test_concurrent_stock_changes_all_count(amy, tea):
    """Ten units are enough for all of them in any order."""
    calls = [partial(adjust, amy, tea, delta) for delta in (5, -2) * 5]
    assert statuses(at_once(*calls)) == {200: 10}
    assert Product.objects.get().stock == 25
    assert StockMovement.objects.count() == 11
    assert_audit_passes()


def test_stock_is_not_removed_twice(amy, tea):
    responses = times(8, partial(adjust, amy, tea, -4))
    assert statuses(responses) == {200: 2, 409: 6}
    refusals = [a.json() for a in responses if a.status_code == 409]
    assert {(r["code"], r["available"]) for r in refusals} == {("out_of_stock", 2)}
    assert Product.objects.get().stock == 2
    assert_audit_passes()


def test_concurrent_changes_of_many_products_do_not_deadlock(amy):
    products = ProductFactory.create_batch(4)
    start = current()
    calls = [partial(amy.patch, f"{LIST}{p.pk}/", {"price": "7"}) for p in products]
    calls += [partial(amy.post, LIST, {"name": "New", "price": "1", "stock": 2})] * 4
    assert statuses(at_once(*calls)) == {200: 4, 201: 4}
    assert Product.objects.filter(price=7).count() == 4
    assert int(current().split("-")[1]) == int(start.split("-")[1]) + 8
    assert_audit_passes()


def test_a_product_is_archived_once(tea):
    callers = [Caller(StaffFactory()) for _ in range(6)]
    responses = at_once(*[partial(c.delete, f"{LIST}{tea.pk}/") for c in callers])
    assert statuses(responses) == {204: 1, 404: 5}


def test_no_response_is_older_than_an_acknowledged_write(anyone, amy, tea):
    """Each write raises the price by one, so a price identifies a write."""
    path, acknowledged, done = f"{LIST}{tea.pk}/", [0], Event()

    def write():
        try:
            for price in range(10, 40):
                assert amy.patch(path, {"price": str(price)}).status_code == 200
                acknowledged.append(price)
        finally:
            done.set()

    def read():
        stale = []
        while not done.is_set():
            written, response = acknowledged[-1], anyone.get(path)
            if response.status_code != 200 or float(response.json()["price"]) < written:
                stale.append((written, response.content))
        return stale

    assert at_once(write, read, read, read) == [None, [], [], []]
    assert anyone.get(path).json()["price"] == "39.00"


def test_a_search_finds_a_product_by_its_last_name_only(anyone, amy, tea):
    """The worker indexes it again and again, as after changes of its category."""
    colours = ("amber", "beige", "coral", "denim", "ebony", "frost", "green", "hazel")

    def rename(names):
        path = f"{LIST}{tea.pk}/"
        return [amy.patch(path, {"name": f"{name} tea"}).status_code for name in names]

    def index():
        for _ in range(8):
            ProductSearch.objects.update(is_outdated=True)
            index_outdated()

    first, second, *_ = at_once(
        partial(rename, colours[::2]), partial(rename, colours[1::2]), index, index
    )
    assert first + second == [200] * 8
    name = Product.objects.get(pk=tea.pk).name
    found = []
    for colour in colours:
        page = anyone.get(f"{LIST}?search={colour}+tea").json()
        if page["count"] and page["corrected_query"] is None:
            found.append(f"{colour} tea")
    assert found == [name]


def test_the_worker_does_not_overwrite_the_words_of_a_writer(anyone, tea):
    """It finds the product outdated before the writer commits, and waits for it."""

    def index():
        try:
            return index_outdated()
        finally:
            connections.close_all()

    ProductSearch.objects.update(is_outdated=True)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            services.update_product(product_id=tea.pk, name="Amber tea")
            worker = pool.submit(index)
            until_blocked(1)
        worker.result()
    assert anyone.get(f"{LIST}?search=amber").json()["count"] == 1
    assert ProductSearch.objects.get().is_outdated is False
