"""``highest_price``: the current price of the dearest variant."""

from decimal import Decimal

import pytest
from django.core.management import call_command

from catalog import services
from catalog.factories import ProductFactory, SaleFactory
from catalog.models import Product
from catalog.tests.test_filters import names
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]


def prices(client, pk):
    """Return lowest and highest price, which the list and the detail have in common."""
    listed = client.get(f"/api/products/?ids={pk}").json()["products"][0]
    detail = client.get(f"/api/products/{pk}/").json()
    found = [(body["price"], body["highest_price"]) for body in (listed, detail)]
    assert found[0] == found[1]
    return found[0]


def test_every_write_of_variants_keeps_the_highest_price(anyone, shirt, tea):
    small, _, blue = shirt.variants.order_by("pk")
    assert prices(anyone, tea.pk) == ("4.50", "4.50")
    assert prices(anyone, shirt.pk) == ("18.00", "20.00")
    assert anyone.get(f"/api/products/{blue.pk}/").json()["highest_price"] == "18.00"
    services.update_product(product_id=small.pk, price=Decimal("25.50"))
    assert prices(anyone, shirt.pk) == ("18.00", "25.50")
    services.create_variant(
        product_id=shirt.pk,
        variant={"choice": {"Size": "L", "Colour": "Red"}, "price": Decimal(30)},
        actor=None,
    )
    assert prices(anyone, shirt.pk) == ("18.00", "30.00")
    large = shirt.variants.latest("pk")
    services.archive_product(product_id=large.pk)
    services.archive_product(product_id=blue.pk)
    assert prices(anyone, shirt.pk) == ("20.00", "25.50")
    services.update_product(product_id=small.pk, price=Decimal(20))
    assert prices(anyone, shirt.pk) == ("20.00", "20.00")
    assert Product.objects.get(pk=shirt.pk).highest_price is None


def test_the_lowest_of_several_sales_applies_to_both_prices(anyone, shirt):
    """20 % of 18 and of 20; then 5 off, which is better for 18 and for 20."""
    SaleFactory(product_ids=[shirt.pk])
    assert prices(anyone, shirt.pk) == ("14.40", "16.00")
    SaleFactory(product_ids=[shirt.pk], kind="fixed", value=Decimal(5))
    assert prices(anyone, shirt.pk) == ("13.00", "15.00")


@pytest.mark.parametrize("on_sale", [False, True])
def test_filters_by_price_find_products_whose_range_of_prices_matches(anyone, on_sale):
    variants = [
        {"choice": {"Size": size}, "price": Decimal(price)}
        for size, price in (("S", 10), ("L", 40))
    ]
    ranged = ProductFactory(name="R", stock=0, options=["Size"], variants=variants)
    ProductFactory(name="A", price=Decimal(10))
    ProductFactory(name="B", price=Decimal(40))
    expected = {"min_price=41": "", "max_price=9": "", "min_price=20": "RB", "max_price=30": "RA"}
    if on_sale:
        SaleFactory(product_ids=[ranged.pk], value=Decimal(50))
        expected = {"min_price=21": "B", "max_price=4.99": "", "min_price=20": "RB",
                    "max_price=5": "R", "min_price=6&max_price=9": "R"}  # fmt: skip
    assert {query: names(anyone, query) for query in expected} == expected
    found = anyone.get("/api/products/?include=facets").json()["facets"]["price"]
    assert found == {"min": "5.00" if on_sale else "10.00", "max": "40.00"}


def test_the_worker_follows_variants_that_a_previous_release_has_written(anyone, shirt, capsys):
    def complete():
        call_command("complete_catalog")
        return capsys.readouterr().out

    Product.objects.filter(pk=shirt.pk).update(highest_price=None)
    assert prices(anyone, shirt.pk) == ("18.00", "18.00")
    assert "1 products with other highest prices\n" in complete()
    assert prices(anyone, shirt.pk) == ("18.00", "20.00")
    assert "0 products with other highest prices\n" in complete()
    small = shirt.variants.earliest("pk")
    services.update_product(product_id=small.pk, price=Decimal(22))
    Product.objects.filter(pk=shirt.pk).update(highest_price=Decimal(20))
    assert "1 products with other highest prices\n" in complete()
    assert prices(anyone, shirt.pk) == ("18.00", "22.00")
