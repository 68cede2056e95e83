"""Collections: with chosen products and by rule; in filters, sales and promotions."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command

from cart.promotions.factories import create_promotion
from catalog import services
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory, ShirtFactory
from catalog.models import Collection, CollectionProduct, Product
from catalog.tests.test_filters import names
from shop.testing.marks import on_one_engine
from shop.testing.pages import submit

pytestmark = on_one_engine

PATH = "/api/collections/"


def create(client, **values):
    response = client.post(PATH, {"name": "Gifts", "slug": "gifts", **values}, format="json")
    assert response.status_code == 201, response.content
    return response.json()


@pytest.fixture
def products(db):
    home = CategoryFactory(name="Home")
    services.create_attribute(name="Material", slug="material", kind="text")
    clay = {"material": "Clay"}
    return {
        "A": ProductFactory(name="A", price="5", brand="Hearth", category_id=home.pk),
        "B": ProductFactory(name="B", price="30", brand="Hearth", tags=["new"], attributes=clay),
        "C": ProductFactory(name="C", price="8", brand="Loom", stock=0),
        "D": ShirtFactory(name="D"),
    }


def test_a_collection_of_chosen_products(anyone, amy, products):
    gifts = create(amy, product_ids=[products["A"].pk, products["D"].pk])
    assert gifts == {
        "id": gifts["id"],
        "name": "Gifts",
        "slug": "gifts",
        "description": "",
        "position": 0,
        "is_published": True,
        "rule": None,
        "translations": {},
    }
    assert names(anyone, "collection=gifts") == "AD"
    assert names(anyone, "collection=gifts&max_price=6") == "A"
    shown = {"id": gifts["id"], "name": "Gifts", "slug": "gifts", "description": ""}
    assert anyone.get(PATH).json()["collections"] == [shown]
    assert anyone.get(f"{PATH}{gifts['id']}/").json() == shown
    changes = {"product_ids": [products["C"].pk], "is_published": False}
    assert amy.patch(f"{PATH}{gifts['id']}/", changes, format="json").status_code == 200
    assert names(amy, "collection=gifts") == "C"
    assert names(anyone, "collection=gifts") == ""
    assert anyone.get(PATH).json()["collections"] == []
    assert anyone.get(f"{PATH}{gifts['id']}/").json()["code"] == "collection_not_found"
    assert amy.delete(f"{PATH}{gifts['id']}/").status_code == 204
    assert not CollectionProduct.objects.exists()
    assert Product.objects.listed().count() == 4


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ({"brand": ["Hearth"]}, "AB"),
        ({"brand": ["Hearth", "Loom"], "in_stock": True}, "AB"),
        ({"brand": "Hearth", "max_price": "10.00"}, "A"),
        ({"tag": ["new"]}, "B"),
        ({"attr.material": "Clay"}, "B"),
        ({"option.size": "S", "min_price": 18}, "D"),
        ({"in_stock": False}, "C"),
    ],
)
def test_a_rule_selects_what_the_filters_of_the_list_find(anyone, amy, products, rule, shown):
    assert create(amy, rule=rule)["rule"] == rule
    assert names(anyone, "collection=gifts") == shown


def test_the_worker_follows_the_rules(anyone, amy, products):
    create(amy, rule={"brand": ["Loom"], "max_price": "9"})
    create(amy, slug="clay", rule={"attr.material": ["Clay"]})
    services.update_product(product_id=products["A"].pk, brand="Loom")
    services.update_product(product_id=products["C"].pk, price=Decimal(9), brand="Hearth")
    call_command("update_collections")
    assert names(anyone, "collection=gifts") == "A"
    assert names(anyone, "collection=clay") == "B"
    assert names(anyone, "collection=clay&collection=gifts") == "AB"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rule": {}}, "rule"),
        ({"rule": [1]}, "rule"),
        ({"rule": {"brnd": "x"}}, "brnd"),
        ({"rule": {"search": "x"}}, "search"),
        ({"rule": {"collection": "gifts"}}, "collection"),
        ({"rule": {"brand": []}}, "brand"),
        ({"rule": {"brand": [None]}}, "brand"),
        ({"rule": {"in_stock": "maybe"}}, "in_stock"),
        ({"rule": {"attr.weight": 1}}, "attr.weight"),
        ({"rule": {"category": [2**70]}}, "category"),
        ({"rule": {"brand": "a"}, "product_ids": [1]}, "product_ids"),
    ],
)
def test_a_rule_that_is_not_valid_is_refused(amy, products, values, field):
    response = amy.post(PATH, {"name": "Gifts", "slug": "gifts", **values}, format="json")
    assert response.status_code == 400, response.content
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not Collection.objects.exists()


def test_variants_and_unknown_products_are_refused(amy, products):
    variant = products["D"].variants.first()
    for pk in (variant.pk, 10**9):
        values = {"name": "Gifts", "slug": "gifts", "product_ids": [pk]}
        response = amy.post(PATH, values, format="json")
        assert (response.status_code, response.json()["code"]) == (404, "product_not_found")
    create(amy)
    response = amy.post(PATH, {"name": "Other", "slug": "gifts"}, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "slug_taken")
    assert Collection.objects.count() == 1


def test_a_sale_of_a_collection(anyone, amy, ada, products):
    gifts = create(amy, product_ids=[products["B"].pk, products["D"].pk])
    SaleFactory(collection_ids=[gifts["id"]])
    prices = {row["name"]: row["price"] for row in anyone.get("/api/products/").json()["products"]}
    assert prices == {"A": "5.00", "B": "24.00", "C": "8.00", "D": "14.40"}
    assert names(anyone, "on_sale=true&ordering=-price") == "BD"
    variant = Product.objects.get(sku="S-RED")
    ada.post("/api/cart/add/", {"product_id": variant.pk, "quantity": 1})
    assert ada.get("/api/cart/").json()["total"] == "16.00"


def test_a_promotion_for_a_collection(amy, ada, products):
    gifts = create(amy, product_ids=[products["A"].pk, products["D"].pk])
    promotion = create_promotion("Gifts", value=Decimal(50), scope="selection")
    promotion.collections.add(gifts["id"])
    variant = Product.objects.get(sku="S-RED")
    for pk in (products["A"].pk, products["B"].pk, variant.pk):
        ada.post("/api/cart/add/", {"product_id": pk, "quantity": 1})
    assert ada.get("/api/cart/").json()["total"] == "42.50"  # 5 / 2 + 30 + 20 / 2


def test_the_changes_feed_contains_the_products_of_a_changed_sale(anyone, amy, products):
    gifts = create(amy, product_ids=[products["B"].pk])
    cursor = anyone.get("/api/products/changes/").json()["cursor"]
    SaleFactory(collection_ids=[gifts["id"]], ends_at=datetime(2100, 1, 1, tzinfo=UTC))
    changed = anyone.get(f"/api/products/changes/?since={cursor}").json()["products"]
    assert [(product["name"], product["price"]) for product in changed] == [("B", "24.00")]


def test_staff_write_collections_in_the_admin(anyone, admin_browser, products):
    form = admin_browser.get("/admin/catalog/collection/add/")
    submit(admin_browser, form, name="Gifts", slug="gifts", chosen=[products["A"].pk])
    gifts = Collection.objects.get()
    assert names(anyone, "collection=gifts") == "A"
    page = f"/admin/catalog/collection/{gifts.pk}/change/"
    form = admin_browser.get(page)
    submit(admin_browser, form, chosen=[], rule='{"brand": "Loom"}')
    assert names(anyone, "collection=gifts") == "C"
    refused = submit(admin_browser, admin_browser.get(page), rule='{"brnd": "Loom"}')
    assert b"brnd" in refused.content
    assert names(anyone, "collection=gifts") == "C"
