"""GET and DELETE /api/cart/, PATCH and DELETE /api/cart/items/{product_id}/."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from cart.factories import fill_cart
from cart.models import Cart, CartItem
from catalog.factories import ProductFactory
from catalog.services import archive_product, update_product
from shop.testing.budget import query_budget

CART = "/api/cart/"
EMPTY = {
    "cart_id": None,
    "expires_at": None,
    "updated_at": None,
    "email": None,
    "phone": None,
    "cart_items": [],
    "problems": [
        {
            "code": "cart_empty",
            "blocking": True,
            "field": "items",
            "detail": "Your cart is empty. Add a product before you place an order.",
        }
    ],
    "shipping_address": None,
    "billing_address": None,
    "shipping_methods": [],
    "shipping_method": None,
    "vouchers": [],
    "discounts": [],
    "subtotal": "0.00",
    "discount_total": "0.00",
    "shipping_price": "0.00",
    "shipping_total": "0.00",
    "fee_total": "0.00",
    "taxes": [],
    "tax_total": "0.00",
    "total": "0.00",
    "currency": "USD",
    "prices_include_tax": True,
    "requires_shipping": False,
    "payment_required": False,
    "payment_methods": [],
    "can_order": False,
    "estimated": [],
    "note": None,
    "language": None,
    "consents": {},
    "metadata": {},
}


def test_a_user_has_no_cart_before_a_product_is_added(ada):
    assert ada.get(CART).json() == EMPTY
    assert not Cart.objects.exists()


def test_clearing_without_a_cart_opens_none(ada):
    assert ada.delete(CART).status_code == 204
    assert not Cart.objects.exists()


def test_a_cart_is_not_cached(ada, tea):
    fill_cart(ada.user, tea)
    assert ada.get(CART)["Cache-Control"] == "no-store"


def test_a_cart_has_current_prices(ada, tea):
    cup = ProductFactory(name="Cup", price="0.10")
    cart_id = fill_cart(ada.user, tea, cup, quantity=3)
    update_product(product_id=tea.pk, price=Decimal("5.25"))
    body = ada.get(CART).json()
    names = ("product_id", "quantity", "name", "unit_price", "line_total")
    assert [tuple(item[name] for name in names) for item in body["cart_items"]] == [
        (tea.pk, 3, "Tea", "5.25", "15.75"),
        (cup.pk, 3, "Cup", "0.10", "0.30"),
    ]
    assert (body["cart_id"], body["total"], body["currency"]) == (cart_id, "16.05", "USD")


def test_only_its_user_reads_and_changes_a_cart(ada, bob, amy, tea):
    fill_cart(ada.user, tea)
    assert bob.get(CART).json() == amy.get(CART).json() == EMPTY
    assert bob.patch(f"{CART}items/{tea.pk}/", {"quantity": 2}).status_code == 404
    assert bob.delete(f"{CART}items/{tea.pk}/").status_code == 404
    assert bob.delete(CART).status_code == 204
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize("count", [1, 9])
def test_reading_a_cart_sends_one_statement(ada, count):
    fill_cart(ada.user, *ProductFactory.create_batch(count))
    with query_budget(1 + 1):
        assert len(ada.get(CART).json()["cart_items"]) == count


def test_the_quantity_of_an_item_is_set(ada, tea):
    fill_cart(ada.user, tea, quantity=5)
    response = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 2})
    assert response.status_code == 200
    assert response.json() == ada.get(CART).json()
    assert response.json()["total"] == "9.00"


@pytest.mark.parametrize("quantity", [0, 1000, "2", 2.5, False, None])
def test_an_invalid_quantity_is_refused(ada, tea, quantity):
    fill_cart(ada.user, tea, quantity=5)
    response = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": quantity})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "quantity")
    assert CartItem.objects.get().quantity == 5


def test_a_quantity_above_the_stock_is_refused(ada, tea):
    fill_cart(ada.user, tea, quantity=5)
    response = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 11})
    body = response.json()
    assert (response.status_code, body["code"]) == (409, "out_of_stock")
    assert (body["available"], body["product_id"], body["product_ids"]) == (10, tea.pk, [tea.pk])
    assert CartItem.objects.get().quantity == 5
    assert ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 10}).status_code == 200


@pytest.mark.parametrize("withdraw", ["unpublish", "archive"])
def test_an_item_whose_product_is_no_longer_for_sale_can_only_be_removed(ada, tea, withdraw):
    fill_cart(ada.user, tea, quantity=5)
    if withdraw == "archive":
        archive_product(product_id=tea.pk)
    else:
        update_product(product_id=tea.pk, is_published=False)
    response = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 1})
    assert (response.status_code, response.json()["code"]) == (404, "product_not_found")
    assert ada.get(CART).json()["cart_items"][0]["quantity"] == 5
    assert ada.delete(f"{CART}items/{tea.pk}/").status_code == 204
    assert ada.get(CART).json()["cart_items"] == []


def test_an_ordered_cart_cannot_be_read_or_changed(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    assert ada.post("/api/orders/", {"cart_id": cart_id}).status_code == 201
    assert ada.get(CART).json() == EMPTY
    assert ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 2}).status_code == 404
    assert ada.delete(f"{CART}items/{tea.pk}/").status_code == 404
    assert ada.delete(CART).status_code == 204
    assert CartItem.objects.get(cart_id=cart_id).quantity == 1


@pytest.mark.parametrize("path", ["abc", "-1", "1.0", "9" * 19])
def test_an_item_path_without_a_valid_id_is_a_404(ada, tea, path):
    fill_cart(ada.user, tea)
    for response in (
        ada.patch(f"{CART}items/{path}/", {"quantity": 2}),
        ada.delete(f"{CART}items/{path}/"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_product_that_is_not_in_the_cart_is_a_404(ada, tea, method):
    for _ in ("without a cart", "with a cart"):
        body = {"quantity": 1} if method == "patch" else None
        response = getattr(ada, method)(f"{CART}items/{tea.pk}/", body)
        assert (response.status_code, response.json()["code"]) == (404, "item_not_found")
        fill_cart(ada.user, ProductFactory())
    assert CartItem.objects.count() == 2


def test_an_empty_cart_stays_open_and_keeps_its_id(ada, tea):
    cart_id = fill_cart(ada.user, tea, ProductFactory())
    assert ada.delete(f"{CART}items/{tea.pk}/").status_code == 204
    assert len(ada.get(CART).json()["cart_items"]) == 1
    assert ada.delete(CART).status_code == 204
    times = {name: ada.get(CART).json()[name] for name in ("expires_at", "updated_at")}
    assert ada.get(CART).json() == EMPTY | times | {"cart_id": cart_id}
    assert fill_cart(ada.user, tea) == cart_id


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cart_cartitem SET quantity = 0",
        "UPDATE cart_cartitem SET quantity = 1000",
        "UPDATE cart_cart SET status = 'lost'",
        "INSERT INTO cart_cart (user_id, status) SELECT user_id, 'open' FROM cart_cart",
        (
            "INSERT INTO cart_cartitem (cart_id, product_id, quantity)"
            " SELECT cart_id, product_id, 1 FROM cart_cartitem"
        ),
    ],
)
def test_the_database_enforces_the_constraints(ada, tea, statement):
    cart_id = fill_cart(ada.user, tea)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ada.get(CART).json()["cart_id"] == cart_id
    assert CartItem.objects.get().quantity == 1
