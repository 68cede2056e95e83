"""``manage.py relate_products`` and ``GET /api/products/{id}/related/``."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from catalog import revision, services
from catalog.factories import CategoryFactory, ProductFactory, ShirtFactory
from catalog.models import Product, RelatedProduct
from catalog.related import services as related_services
from orders.factories import place_order
from orders.models import Order
from orders.services import cancel_order
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]


def relate(capsys):
    call_command("relate_products")
    return capsys.readouterr().out


def related(client, product):
    response = client.get(f"/api/products/{product.pk}/related/")
    assert response.status_code == 200, response.content
    return "".join(row["name"] for row in response.json()["products"])


@pytest.fixture
def bought(ada):
    """A was bought with B twice, with C once, and with D in an order that was cancelled."""
    a, b, c, d = (ProductFactory(name=name) for name in "ABCD")
    place_order(ada.user, a, b)
    place_order(ada.user, a, b, c)
    cancel_order(order_id=place_order(ada.user, a, d).pk, actor=ada.user)
    return a, b, c, d


def test_products_of_the_same_orders_are_related(ada, anyone, capsys, bought):
    a, _, c, _ = bought
    assert related(anyone, a) == ""
    assert relate(capsys) == "3 products with other related products\n"
    assert [related(anyone, product) for product in bought] == ["BC", "AC", "AB", ""]
    assert relate(capsys) == "0 products with other related products\n"
    # A second order with C makes them equal; the one with the lower id comes first.
    place_order(ada.user, a, c)
    place_order(ada.user, a, c)
    relate(capsys)
    assert related(anyone, a) == "CB"
    Order.objects.update(created_at=F("created_at") - timedelta(days=91))
    assert relate(capsys) == "3 products with other related products\n"
    assert not RelatedProduct.objects.exists()


def test_variants_count_as_their_product(ada, anyone, capsys):
    tea, shirt = ProductFactory(name="T"), ShirtFactory(name="S")
    small, medium = shirt.variants.filter(stock__gt=0)
    place_order(ada.user, tea, small, medium)
    relate(capsys)
    assert [related(anyone, row) for row in (tea, shirt, medium)] == ["S", "T", "T"]


def test_similar_products_follow_those_that_were_bought_together(ada, anyone, capsys):
    services.create_attribute(name="Material", slug="material", kind="text")
    pots, cups = CategoryFactory(name="Pots"), CategoryFactory(name="Cups")
    clay = {"attributes": {"material": "Clay"}}
    a = ProductFactory(name="A", category_id=pots.pk, brand="Hearth", **clay)
    b = ProductFactory(name="B", category_id=cups.pk)
    ProductFactory(name="C", category_id=pots.pk)
    ProductFactory(name="D", category_id=pots.pk, **clay)
    ProductFactory(name="E", category_id=pots.pk, is_published=False)
    ProductFactory(name="F", brand="Hearth")
    g, h = (ProductFactory(name=name, attributes={"material": "Wood"}) for name in "GH")
    Product.objects.filter(name="C").update(sold=5)
    place_order(ada.user, a, b)
    relate(capsys)
    # Category and material, then the category, then the brand.
    assert related(anyone, a) == "BDCF"
    assert (related(anyone, g), related(anyone, h)) == ("H", "G")


def test_only_products_for_sale_are_shown(anyone, amy, capsys, bought):
    a, b, _, d = bought
    relate(capsys)
    services.update_product(product_id=b.pk, is_published=False)
    assert (related(anyone, a), related(amy, a), related(amy, b)) == ("C", "C", "AC")
    for client, status in ((anyone, 404), (amy, 200)):
        assert client.get(f"/api/products/{b.pk}/related/").status_code == status
    services.archive_product(product_id=d.pk)
    assert amy.get(f"/api/products/{d.pk}/related/").status_code == 404
    relate(capsys)
    assert not RelatedProduct.objects.filter(product=b).exists()


def test_the_response_is_cached_like_a_list(anyone, capsys, bought):
    a, *_ = bought
    relate(capsys)
    path = f"/api/products/{a.pk}/related/"
    with CaptureQueriesContext(
        connection,
    ) as first:
        etag = anyone.get(path).headers["ETag"]
    with CaptureQueriesContext(connection) as second:
        assert anyone.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert len(second) == 1 < len(first)  # the revision
    revision.bump()
    assert anyone.get(path).headers["ETag"] != etag
    assert anyone.get(f"{path}?page=2").status_code == 400


def test_a_run_continues_where_the_last_one_ended(ada, capsys, monkeypatch):
    """Products of new orders come first, then those after the last one of the round."""
    monkeypatch.setattr(related_services, "MAX_PER_RUN", 4)
    pots = CategoryFactory()
    products = [ProductFactory(category_id=pots.pk) for _ in range(6)]
    place_order(ada.user, products[4])
    done = []
    for _ in range(3):
        relate(capsys)
        rows = RelatedProduct.objects.order_by("product_id").values_list("product_id", flat=True)
        done.append([products.index(Product(pk=pk)) for pk in rows.distinct()])
    assert done == [[0, 1, 2, 4], [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]]


def test_the_statements_of_a_run_do_not_grow_with_the_products(capsys):
    pots = CategoryFactory()
    ProductFactory.create_batch(3, category_id=pots.pk)
    relate(capsys)
    taken = []
    for number in (1, 7):
        ProductFactory.create_batch(number, category_id=pots.pk)
        with CaptureQueriesContext(connection) as captured:
            relate(capsys)
        taken.append(len(captured))
    assert taken[0] == taken[1]
