"""The changes feed, GET /api/products/changes/."""

from datetime import timedelta
from functools import partial

import pytest

from catalog import services
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory
from catalog.models import CatalogRevision
from catalog.search import changes
from orders.factories import place_order
from shop.testing.budget import query_budget
from shop.testing.races import at_once

LIST, CHANGES = "/api/products/", "/api/products/changes/"


class App:
    """A client that keeps a copy of the catalog."""

    def __init__(self, client):
        self.client, self.cursor, self.copy, self.pages = client, None, {}, 0

    def sync(self):
        """Read all pages. Return the ids that were updated, and those that were deleted."""
        came, went, has_more = [], [], True
        while has_more:
            query = {} if self.cursor is None else {"since": self.cursor}
            page = self.client.get(CHANGES, query).json()
            for product in page["products"]:
                self.copy[product["id"]] = product
            for pk in page["deleted"]:
                self.copy.pop(pk, None)
            came += [product["id"] for product in page["products"]]
            went += page["deleted"]
            self.cursor, has_more = page["cursor"], page["has_more"]
            self.pages += 1
        return came, went

    def is_in_step(self):
        """Return whether the copy equals the public catalog."""
        listed = self.client.get(LIST, {"page_size": 100}).json()["products"]
        shown = [self.client.get(f"{LIST}{entry['id']}/").json() for entry in listed]
        return self.copy == {product["id"]: product for product in shown}


@pytest.fixture
def app(anyone, db):
    return App(anyone)


def test_the_first_sync_returns_everything_for_sale(app, tea, shirt):
    ProductFactory(is_published=False)
    assert app.sync() == ([tea.pk, shirt.pk], [])
    assert app.is_in_step()
    assert app.sync() == ([], [])


def test_a_write_is_a_change_of_its_product_only(app, amy, tea, shirt):
    app.sync()
    amy.patch(f"{LIST}{tea.pk}/", {"name": "Green tea"})
    assert app.sync() == ([tea.pk], [])
    amy.patch(f"{LIST}{shirt.variants.earliest('pk').pk}/", {"price": "1.00"})
    assert app.sync() == ([shirt.pk], [])
    new = amy.post(LIST, {"name": "New", "price": "1"}).json()["id"]
    assert app.sync() == ([new], [])
    assert app.is_in_step()


def test_products_no_longer_for_sale_are_deleted(app, amy, tea, shirt):
    app.sync()
    amy.delete(f"{LIST}{tea.pk}/")
    amy.patch(f"{LIST}{shirt.pk}/", {"is_published": False})
    assert app.sync() == ([], [tea.pk, shirt.pk])
    assert app.copy == {}
    amy.patch(f"{LIST}{shirt.pk}/", {"is_published": True})
    assert app.sync() == ([shirt.pk], [])
    assert app.is_in_step()


def test_selling_out_and_restocking_are_changes(app, ada, tea, shirt):
    app.sync()
    small = shirt.variants.get(sku="S-RED")
    place_order(ada.user, tea, quantity=9)
    assert app.sync() == ([], [])
    order = place_order(ada.user, tea)
    place_order(ada.user, small, quantity=5)
    assert app.sync() == ([tea.pk, shirt.pk], [])
    assert app.is_in_step()
    services.return_stock(quantities={tea.pk: 1}, reason=f"Order {order.pk}", actor=None)
    assert app.sync() == ([tea.pk], [])
    assert app.is_in_step()


def test_a_sale_changes_its_products(app, amy, the_clock, shirt):
    kitchen = CategoryFactory()
    pots = CategoryFactory(parent_id=kitchen.pk)
    inside, outside = ProductFactory(category_id=pots.pk), ProductFactory()
    app.sync()
    begins = the_clock.now() + timedelta(hours=1)
    sale = SaleFactory(category_ids=[kitchen.pk], product_ids=[shirt.pk], starts_at=begins)
    app.sync()
    the_clock.advance(hours=2)
    assert app.sync() == ([shirt.pk, inside.pk], [])
    assert app.copy[inside.pk]["price"] == "8.00"
    assert app.is_in_step()
    amy.delete(f"/api/sales/{sale.pk}/")
    assert app.sync() == ([shirt.pk, inside.pk], [])
    assert app.is_in_step()
    assert outside.pk in app.copy


def test_scheduled_publication_is_a_change(app, amy, the_clock):
    time = the_clock.now() + timedelta(hours=1)
    body = {"name": "New", "price": "1", "publish_at": time.isoformat()}
    new = amy.post(LIST, body).json()["id"]
    assert app.sync() == ([], [])
    the_clock.advance(hours=2)
    assert app.sync() == ([new], [])
    assert app.is_in_step()


def test_a_change_of_all_products_returns_all_of_them(app, amy, tea, shirt):
    archived = ProductFactory()
    services.archive_product(product_id=archived.pk)
    app.sync()
    kitchen = CategoryFactory()
    assert app.sync() == ([tea.pk, shirt.pk], [])
    amy.patch(f"/api/categories/{kitchen.pk}/", {"name": "Cellar"})
    assert app.sync() == ([tea.pk, shirt.pk], [])


def test_changes_between_two_pages_are_not_missed(app, anyone, amy, monkeypatch):
    monkeypatch.setattr(changes, "CHANGES_PAGE_SIZE", 2)
    first, *others = ProductFactory.create_batch(5)
    page = anyone.get(CHANGES).json()
    app.cursor = page["cursor"]
    app.copy = {product["id"]: product for product in page["products"]}
    assert (page["has_more"], first.pk in app.copy) == (True, True)
    amy.patch(f"{LIST}{first.pk}/", {"name": "Other"})
    assert app.sync() == ([product.pk for product in others[1:]], [])
    assert app.sync() == ([first.pk], [])
    assert app.is_in_step()


@pytest.mark.parametrize("number", [1, 40])
def test_the_number_of_statements_does_not_depend_on_the_number_of_changes(anyone, db, number):
    start = anyone.get(CHANGES).json()["cursor"]
    ProductFactory.create_batch(number)
    with query_budget(4):
        assert len(anyone.get(CHANGES).json()["products"]) == number
    with query_budget(5):
        assert len(anyone.get(CHANGES, {"since": start}).json()["products"]) == number


@pytest.mark.parametrize(
    "since",
    ["", "x", "1", "a.1", "a.1.b", "a.1.1.1", "a.1.1.1.1", f"a.{'9' * 19}.1", "a.1.1\n", "a.-1.1"],
)
def test_an_invalid_cursor_is_a_400(anyone, tea, since):
    response = anyone.get(CHANGES, {"since": since})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "since")


def test_a_cursor_of_another_database_or_future_is_outdated(anyone, app, tea):
    app.sync()
    epoch, number, at = app.cursor.split(".")
    for cursor in (
        f"{'0' * 16}.{number}.{at}",
        f"{epoch}.999.{at}",
        f"{epoch}.{number}.{'9' * 18}",
    ):
        response = anyone.get(CHANGES, {"since": cursor})
        assert (response.status_code, response.json()["code"]) == (409, "cursor_outdated")
    CatalogRevision.objects.update(epoch="0" * 16)
    assert anyone.get(CHANGES, {"since": app.cursor}).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_copy_is_complete_after_concurrent_writes(app, amy):
    products = ProductFactory.create_batch(6)

    def write(product):
        for price in range(1, 9):
            amy.patch(f"{LIST}{product.pk}/", {"price": f"{price}.00"})

    def read():
        for _ in range(12):
            app.sync()

    at_once(read, *[partial(write, product) for product in products])
    app.sync()
    assert {product["price"] for product in app.copy.values()} == {"8.00"}
    assert app.is_in_step()
