"""Stock movements, low stock, backorders, and the permissions of staff."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from accounts.factories import UserFactory
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.factories import place_order
from orders.services import cancel_order
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller

LIST, ORDERS = "/api/products/", "/api/orders/"
LOW = f"{LIST}low-stock/"


def clerk_who_may(*permissions):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return Caller(clerk)


def refusal(response):
    return response.status_code, response.json()["code"]


def test_movements_are_listed_with_the_newest_first(ada, amy, tea):
    order = place_order(ada.user, tea, quantity=2)
    amy.post(f"{LIST}{tea.pk}/stock/", {"delta": 3, "reason": "Delivery"})
    page = amy.get(f"{LIST}{tea.pk}/stock/").json()
    assert page["count"] == 3
    movements = [(m["kind"], m["delta"], m["reason"], m["actor"]) for m in page["movements"]]
    assert movements == [
        ("adjustment", 3, "Delivery", "amy"),
        ("sale", -2, f"Order {order.pk}", "ada"),
        ("initial", 10, "Initial stock", "shop"),
    ]
    assert amy.get(f"{LIST}{tea.pk}/stock/", {"page_size": 1}).json()["next"] is not None
    assert refusal(amy.get(f"{LIST}999/stock/")) == (404, "product_not_found")


def test_the_number_of_statements_does_not_depend_on_the_number_of_movements(amy, tea):
    for _ in range(5):
        amy.post(f"{LIST}{tea.pk}/stock/", {"delta": 1, "reason": "Delivery"})
    with query_budget(1 + 3):
        assert amy.get(f"{LIST}{tea.pk}/stock/").json()["count"] == 6


def test_stock_is_low_from_the_threshold_of_the_shop_on(amy, settings, shirt, tea):
    settings.LOW_STOCK_THRESHOLD = 3
    found = amy.get(LOW).json()["products"]
    assert [(row["sku"], row["stock"], row["low_stock_threshold"]) for row in found] == [
        ("M-RED", 3, 3),
        ("M-BLUE", 0, 3),
    ]
    amy.patch(f"{LIST}{found[0]['id']}/", {"low_stock_threshold": 2})
    amy.patch(f"{LIST}{tea.pk}/", {"low_stock_threshold": 10})
    found = amy.get(LOW).json()["products"]
    assert sorted(row["low_stock_threshold"] for row in found) == [3, 10]


def test_products_and_variants_with_low_stock_are_listed(amy, settings, shirt, tea):
    settings.LOW_STOCK_THRESHOLD = None
    amy.patch(f"{LIST}{tea.pk}/", {"low_stock_threshold": 9})
    small = shirt.variants.get(sku="S-RED")
    amy.patch(f"{LIST}{small.pk}/", {"low_stock_threshold": 5})
    assert amy.get(LOW).json()["products"] == [
        {
            "id": small.pk,
            "name": "Shirt – S / Red",
            "sku": "S-RED",
            "stock": 5,
            "low_stock_threshold": 5,
            "backorder": False,
        }
    ]
    amy.post(f"{LIST}{tea.pk}/stock/", {"delta": -1, "reason": "Lost"})
    assert [entry["id"] for entry in amy.get(LOW).json()["products"]] == sorted([tea.pk, small.pk])
    amy.delete(f"{LIST}{tea.pk}/")
    assert amy.get(LOW).json()["count"] == 1


def test_a_product_on_backorder_is_sold_beyond_its_stock(ada, anyone, amy):
    product = ProductFactory(stock=1, backorder=True)
    order = place_order(ada.user, product, quantity=4)
    product.refresh_from_db()
    assert product.stock == -3
    assert anyone.get(f"{LIST}{product.pk}/").json()["in_stock"] is True
    response = amy.patch(f"{LIST}{product.pk}/", {"backorder": False, "name": "Other"})
    assert refusal(response) == (409, "pieces_owed")
    assert response.json()["owed"] == 3
    assert_audit_passes()
    cancel_order(order_id=order.pk, actor=ada.user)
    assert amy.patch(f"{LIST}{product.pk}/", {"backorder": False}).status_code == 200
    product.refresh_from_db()
    assert (product.stock, product.backorder, product.name) == (1, False, product.name)
    assert_audit_passes()


def test_backorders_have_a_limit(amy, ada, db):
    product = ProductFactory(stock=0, backorder=True)
    Product.objects.filter(pk=product.pk).update(stock=-1_000_000_000)
    response = amy.post(f"{LIST}{product.pk}/stock/", {"delta": -1, "reason": "x"})
    assert refusal(response) == (409, "stock_limit")
    cart = ada.post("/api/cart/add/", {"product_id": product.pk, "quantity": 1}).json()
    response = ada.post(ORDERS, {"cart_id": cart["cart_id"]})
    assert refusal(response) == (409, "stock_limit")
    assert Product.objects.get().stock == -1_000_000_000


def test_staff_without_a_permission_see_what_customers_see(anyone, tea):
    hidden = ProductFactory(is_published=False)
    clerk = clerk_who_may()
    assert clerk.get(LIST).json() == anyone.get(LIST).json()
    assert clerk.get(f"{LIST}{hidden.pk}/").status_code == 404
    allowed = clerk_who_may("view_product")
    assert allowed.get(LIST).json()["count"] == 2


@pytest.mark.parametrize(
    ("permissions", "wanted"),
    [
        ([], (403, 403, 403, 403, 403, 403)),
        (["view_product"], (200, 403, 403, 403, 403, 403)),
        (["view_stockmovement"], (403, 200, 403, 403, 403, 403)),
        (["change_product"], (403, 403, 200, 200, 403, 403)),
        (["add_product"], (403, 403, 403, 403, 201, 403)),
        (["delete_product"], (403, 403, 403, 403, 403, 204)),
    ],
)
def test_each_operation_needs_its_permission(tea, permissions, wanted):
    clerk, path = clerk_who_may(*permissions), f"{LIST}{tea.pk}/"
    responses = (
        clerk.get(LOW),
        clerk.get(f"{path}stock/"),
        clerk.patch(path, {"name": "x"}),
        clerk.post(f"{path}stock/", {"delta": 1, "reason": "x"}),
        clerk.post(LIST, {"name": "x", "price": "1"}),
        clerk.delete(path),
    )
    assert tuple(response.status_code for response in responses) == wanted


@pytest.mark.parametrize(("caller", "status"), [("anyone", 401), ("ada", 403)])
def test_customers_cannot_read_stock(request, caller, status, tea):
    client = request.getfixturevalue(caller)
    assert client.get(LOW).status_code == status
    assert client.get(f"{LIST}{tea.pk}/stock/").status_code == status


def test_no_index_contains_the_stock_column(db):
    sql = {
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE tablename = 'catalog_product'",
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index'",
    }
    with connection.cursor() as cursor:
        cursor.execute(sql[connection.vendor])
        indexes = [row[0] for row in cursor.fetchall() if row[0]]
    assert any("is_stocked" in index for index in indexes)
    assert [index for index in indexes if re.search(r"\bstock\b", index)] == []
