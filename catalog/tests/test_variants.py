"""Products with variants."""

from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from cart.factories import fill_cart
from catalog import services
from catalog.factories import CategoryFactory, ProductFactory, ShirtFactory
from catalog.models import PriceChange, Product, StockMovement
from catalog.tests.shapes import listed
from orders.models import OrderItem
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.budget import query_budget
from shop.testing.races import at_once, times

LIST = "/api/products/"
CART, ORDERS = "/api/cart/", "/api/orders/"
NEW = {
    "name": "Shirt",
    "price": "20.00",
    "options": ["Size"],
    "variants": [
        {"choice": {"Size": "S"}, "stock": 2, "sku": "A"},
        {"choice": {"Size": "M"}, "price": "15.50"},
    ],
}


def variant(shirt, *options):
    return shirt.variants.get(options=list(options))


def add(caller, product, quantity=1):
    return caller.post(f"{CART}add/", {"product_id": product.pk, "quantity": quantity})


def refusal(response):
    return response.status_code, response.json()["code"]


def shown(row, **changes):
    return {
        "id": row.pk,
        "sku": row.sku,
        "barcode": "",
        "choice": {"Size": row.options[0], "Colour": row.options[1]},
        "price": f"{row.price:.2f}",
        "compare_at_price": None,
        "lowest_price_30_days": None,
        "reduction_percent": None,
        "in_stock": row.stock > 0,
        "image": None,
        "metadata": {},
        "weight": 0,
        "requires_shipping": True,
        "tax_class": None,
    } | changes


def test_the_list_has_one_entry_with_the_lowest_price(anyone, shirt):
    assert anyone.get(LIST).json()["products"] == [
        listed(shirt, price="18.00", has_variants=True, in_stock=True)
    ]


def test_the_detail_lists_options_and_variants(anyone, shirt):
    small, medium, blue = shirt.variants.order_by("pk")
    page = anyone.get(f"{LIST}{shirt.pk}/").json()
    assert page["options"] == [
        {"name": "Size", "values": ["S", "M"]},
        {"name": "Colour", "values": ["Red", "Blue"]},
    ]
    assert page["variants"] == [shown(small), shown(medium), shown(blue)]
    assert (page["parent_id"], page["choice"], page["price"]) == (None, {}, "18.00")


def test_a_variant_can_be_retrieved_by_its_id(anyone, shirt):
    small = variant(shirt, "S", "Red")
    page = anyone.get(f"{LIST}{small.pk}/").json()
    assert (page["name"], page["parent_id"]) == ("Shirt – S / Red", shirt.pk)
    assert page["choice"] == {"Size": "S", "Colour": "Red"}
    assert (page["options"], page["variants"], page["has_variants"]) == ([], [], False)


def test_the_number_of_statements_does_not_depend_on_the_number_of_variants(anyone, shirt):
    ProductFactory.create_batch(3)
    for size in range(30):
        new = {"choice": {"Size": str(size), "Colour": "Red"}}
        services.create_variant(product_id=shirt.pk, variant=new)
    with query_budget(4):
        assert len(anyone.get(f"{LIST}{shirt.pk}/").json()["variants"]) == 33
    with query_budget(3):
        assert anyone.get(LIST).json()["count"] == 4


def test_a_product_with_variants_cannot_be_added_to_a_cart(ada, anyone, shirt):
    response = add(ada, shirt)
    variants = list(shirt.variants.order_by("pk"))
    assert refusal(response) == (409, "choose_variant")
    assert response.json()["product_id"] == shirt.pk
    assert response.json()["variant_ids"] == [row.pk for row in variants]
    assert response.json()["choices"] == ["S / Red", "M / Red", "M / Blue"]
    assert ada.get(CART).json()["cart_items"] == []


def test_a_variant_can_be_bought(ada, shirt):
    small = variant(shirt, "S", "Red")
    cart_id = add(ada, small, 2).json()["cart_id"]
    line = ada.get(CART).json()["cart_items"][0]
    expected = {
        "product_id": small.pk,
        "quantity": 2,
        "name": "Shirt – S / Red",
        "unit_price": "20.00",
        "line_total": "40.00",
    }
    assert line == line | expected
    assert ada.post(ORDERS, {"cart_id": cart_id}).status_code == 201
    assert (OrderItem.objects.get().product, OrderItem.objects.get().name) == (small, line["name"])
    assert variant(shirt, "S", "Red").stock == 3
    assert_audit_passes()


def test_a_product_that_has_got_variants_cannot_be_ordered(ada, amy):
    plain = ProductFactory(stock=0, backorder=True)
    cart_id = fill_cart(ada.user, plain)
    assert amy.patch(f"{LIST}{plain.pk}/", {"options": ["Size"]}).status_code == 200
    response = ada.post(ORDERS, {"cart_id": cart_id})
    assert refusal(response) == (409, "product_unavailable")
    assert Product.objects.get(pk=plain.pk).stock == 0


def test_selling_the_last_variant_changes_the_public_response(ada, anyone):
    new = [{"choice": {"Size": "S", "Colour": "Red"}, "stock": 1}]
    shirt = ShirtFactory(variants=new)
    assert anyone.get(f"{LIST}{shirt.pk}/").json()["in_stock"] is True
    cart_id = add(ada, variant(shirt, "S", "Red")).json()["cart_id"]
    assert ada.post(ORDERS, {"cart_id": cart_id}).status_code == 201
    page = anyone.get(f"{LIST}{shirt.pk}/").json()
    assert (page["in_stock"], page["variants"][0]["in_stock"]) == (False, False)


def test_staff_create_a_product_with_variants(amy):
    response = amy.post(LIST, NEW)
    assert response.status_code == 201
    page = response.json()
    assert (page["price"], page["stock"], page["has_variants"]) == ("15.50", 2, True)
    assert [(v["sku"], v["stock"], v["price"]) for v in page["variants"]] == [
        ("A", 2, "20.00"),
        ("", 0, "15.50"),
    ]
    movement = StockMovement.objects.get()
    assert (movement.product.sku, movement.delta, movement.actor) == ("A", 2, amy.user)
    assert_audit_passes()


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"variants": [{"choice": {"Colour": "S"}}]}, (409, "options_missing")),
        ({"variants": [{"choice": {}}]}, (409, "options_missing")),
        ({"options": []}, (409, "options_missing")),
        ({"variants": [{"choice": {"Size": "S"}}] * 2}, (409, "variant_exists")),
        (
            {"variants": [{"choice": {"Size": size}, "sku": "A"} for size in "SM"]},
            (409, "sku_taken"),
        ),
        ({"stock": 3}, (400, "invalid")),
        ({"options": ["Size", "size"]}, (400, "invalid")),
        ({"options": ["a", "b", "c", "d"]}, (400, "invalid")),
        ({"options": "Size"}, (400, "invalid")),
        ({"variants": [{"choice": {"Size": 4}}]}, (400, "invalid")),
        ({"variants": [{"choice": ["S"]}]}, (400, "invalid")),
        ({"variants": [{"choice": {"Size": "S"}, "price": 5}]}, (400, "invalid")),
        ({"variants": [{"choice": {"Size": "S"}}] * 2049}, (400, "invalid")),
        ({"slug": "a b"}, (400, "invalid")),
    ],
)
def test_invalid_variants_prevent_the_product(amy, change, refused):
    assert refusal(amy.post(LIST, NEW | change)) == refused
    assert not Product.objects.exists()
    assert not PriceChange.objects.exists()


def test_staff_add_a_variant(amy, shirt):
    body = {"choice": {"Size": "L", "Colour": "Red"}, "price": "9.00", "stock": 4, "sku": "L-RED"}
    response = amy.post(f"{LIST}{shirt.pk}/variants/", body)
    made = variant(shirt, "L", "Red")
    assert (response.status_code, response["Location"]) == (201, f"{LIST}{made.pk}/")
    assert (made.name, made.stock, made.position) == ("Shirt – L / Red", 4, 3)
    shirt.refresh_from_db()
    assert (str(shirt.price), shirt.stock) == ("9.00", 0)
    assert "L-RED" in shirt.keywords
    assert_audit_passes()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"choice": {"Size": "S", "Colour": "Red"}}, "variant_exists"),
        ({"choice": {"Size": "L"}}, "options_missing"),
        ({"choice": {"Size": "L", "Colour": "Red"}, "sku": "S-RED"}, "sku_taken"),
    ],
)
def test_an_invalid_variant_is_not_added(amy, shirt, body, code):
    assert refusal(amy.post(f"{LIST}{shirt.pk}/variants/", body)) == (409, code)
    assert shirt.variants.count() == 3


def test_a_variant_has_no_variants(amy, shirt, tea):
    body = {"choice": {"Size": "L", "Colour": "Red"}}
    small = variant(shirt, "S", "Red")
    response = amy.post(f"{LIST}{small.pk}/variants/", body)
    assert refusal(response) == (409, "set_on_product")
    assert refusal(amy.post(f"{LIST}{tea.pk}/variants/", body)) == (409, "options_missing")
    assert refusal(amy.post(f"{LIST}999/variants/", body)) == (404, "product_not_found")
    assert Product.objects.count() == 5


def test_the_number_of_variants_is_limited(amy, shirt, monkeypatch):
    monkeypatch.setattr("catalog.products.variants.MAX_VARIANTS", 3)
    body = {"choice": {"Size": "L", "Colour": "Red"}}
    response = amy.post(f"{LIST}{shirt.pk}/variants/", body)
    assert refusal(response) == (409, "variant_limit")
    assert shirt.variants.count() == 3


def test_a_variant_can_be_changed(amy, shirt):
    blue = variant(shirt, "M", "Blue")
    changes = {"price": "21.00", "choice": {"Size": "L", "Colour": "Blue"}, "sku": "L-BLUE"}
    assert amy.patch(f"{LIST}{blue.pk}/", changes).status_code == 200
    blue.refresh_from_db()
    shirt.refresh_from_db()
    assert (blue.name, blue.options, str(blue.price)) == (
        "Shirt – L / Blue",
        ["L", "Blue"],
        "21.00",
    )
    assert str(shirt.price) == "20.00"
    assert [str(c.price) for c in shirt.price_changes.order_by("pk")] == ["20.00", "18.00", "20.00"]


def test_variants_share_values_with_their_product(amy, shirt):
    kitchen = CategoryFactory()
    changes = {"name": "Blouse", "category_id": kitchen.pk, "is_published": False}
    assert amy.patch(f"{LIST}{shirt.pk}/", changes).status_code == 200
    for row in shirt.variants.all():
        assert row.name == f"Blouse – {' / '.join(row.options)}"
        assert (row.category, row.is_published) == (kitchen, False)


@pytest.mark.parametrize(
    ("on_variant", "changes", "code"),
    [
        (False, {"price": "1.00"}, "set_on_variants"),
        (False, {"sku": "X", "name": "Other"}, "set_on_variants"),
        (False, {"options": ["Size"]}, "options_in_use"),
        (False, {"options": []}, "options_in_use"),
        (False, {"choice": {"Size": "S"}}, "options_missing"),
        (True, {"name": "Other"}, "set_on_product"),
        (True, {"is_published": False}, "set_on_product"),
        (True, {"tags": []}, "set_on_product"),
        (True, {"options": ["Size"]}, "set_on_product"),
        (True, {"choice": {"Size": "M", "Colour": "Red"}}, "variant_exists"),
        (True, {"sku": "M-RED"}, "sku_taken"),
    ],
)
def test_fields_of_the_other_kind_are_an_error(amy, shirt, on_variant, changes, code):
    row = variant(shirt, "S", "Red") if on_variant else shirt
    before = Product.objects.filter(pk=row.pk).values().get()
    assert refusal(amy.patch(f"{LIST}{row.pk}/", changes)) == (409, code)
    assert Product.objects.filter(pk=row.pk).values().get() == before


def test_options_can_be_renamed(anyone, amy, shirt):
    assert amy.patch(f"{LIST}{shirt.pk}/", {"options": ["Size", "Color"]}).status_code == 200
    page = anyone.get(f"{LIST}{shirt.pk}/").json()
    assert page["variants"][0]["choice"] == {"Size": "S", "Color": "Red"}


def test_a_product_with_stock_cannot_get_options(amy, tea):
    response = amy.patch(f"{LIST}{tea.pk}/", {"options": ["Size"]})
    assert refusal(response) == (409, "options_in_use")
    tea.refresh_from_db()
    assert (tea.options, tea.has_variants) == ([], False)


def test_only_variants_have_stock(amy, shirt):
    body = {"delta": 1, "reason": "Counted"}
    assert refusal(amy.post(f"{LIST}{shirt.pk}/stock/", body)) == (409, "choose_variant")
    small = variant(shirt, "S", "Red")
    assert amy.post(f"{LIST}{small.pk}/stock/", body).json()["stock"] == 6
    assert amy.get(f"{LIST}{shirt.pk}/").json()["stock"] == 9
    assert_audit_passes()


def test_the_options_of_an_archived_variant_can_be_used_again(amy, anyone, shirt):
    blue = variant(shirt, "M", "Blue")
    assert amy.delete(f"{LIST}{blue.pk}/").status_code == 204
    page = anyone.get(f"{LIST}{shirt.pk}/").json()
    assert (len(page["variants"]), page["price"]) == (2, "20.00")
    assert anyone.get(f"{LIST}{blue.pk}/").status_code == 404
    again = {"choice": {"Size": "M", "Colour": "Blue"}, "sku": "M-BLUE"}
    assert amy.post(f"{LIST}{shirt.pk}/variants/", again).status_code == 201


def test_a_product_is_archived_with_its_variants(amy, ada, shirt):
    cart_id = fill_cart(ada.user, variant(shirt, "S", "Red"))
    assert amy.delete(f"{LIST}{shirt.pk}/").status_code == 204
    assert not Product.objects.filter(archived_at=None).exists()
    response = ada.post(ORDERS, {"cart_id": cart_id})
    assert refusal(response) == (409, "product_unavailable")
    assert_audit_passes()


def test_a_slug_is_made_from_the_name_and_is_unique(amy, db):
    assert amy.post(LIST, {"name": "Tea pot", "price": "1"}).json()["slug"] == "tea-pot"
    assert amy.post(LIST, {"name": "Tea pot", "price": "1"}).json()["slug"] == "tea-pot-2"
    assert amy.post(LIST, {"name": "茶", "price": "1"}).json()["slug"] == "茶"
    response = amy.post(LIST, {"name": "x", "price": "1", "slug": "tea-pot"})
    assert refusal(response) == (409, "slug_taken")
    assert Product.objects.count() == 3


@pytest.mark.parametrize(
    "change",
    [
        "stock = 1 WHERE has_variants",
        "has_variants = TRUE WHERE parent_id IS NOT NULL",
        "slug = 'x' WHERE sku = 'S-RED'",
        "sku = 'M-RED' WHERE sku = 'S-RED'",
        "options = (SELECT options FROM catalog_product WHERE sku = 'M-RED') WHERE sku = 'S-RED'",
        "parent_id = id",
        "stock = -1 WHERE sku = 'S-RED'",
        "compare_at_price = -1",
    ],
)
def test_the_database_rejects_invalid_variants(shirt, change):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE catalog_product SET {change}")


@pytest.mark.django_db(transaction=True)
def test_the_last_unit_of_a_variant_is_sold_once(ada, bob, shirt):
    new = [{"choice": {"Size": "S", "Colour": "Red"}, "stock": 1}]
    last = variant(ShirtFactory(variants=new, slug="other"), "S", "Red")
    carts = [(caller, fill_cart(caller.user, last)) for caller in (ada, bob)]
    responses = at_once(*[partial(c.post, ORDERS, {"cart_id": pk}) for c, pk in carts])
    assert statuses(responses) == {201: 1, 409: 1}
    last.refresh_from_db()
    assert last.stock == 0
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_a_duplicate_request_creates_one_variant(amy, shirt):
    body = {"choice": {"Size": "L", "Colour": "Red"}, "stock": 1}
    responses = times(6, partial(amy.post, f"{LIST}{shirt.pk}/variants/", body))
    assert statuses(responses) == {201: 1, 409: 5}
    assert variant(shirt, "L", "Red").stock == 1
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_orders_and_changes_of_a_product_family_do_not_deadlock(ada, bob, amy, shirt):
    small, medium = variant(shirt, "S", "Red"), variant(shirt, "M", "Red")
    carts = [(ada, fill_cart(ada.user, small, medium)), (bob, fill_cart(bob.user, medium, small))]
    responses = at_once(
        *[partial(caller.post, ORDERS, {"cart_id": pk}) for caller, pk in carts],
        partial(amy.patch, f"{LIST}{shirt.pk}/", {"name": "Blouse"}),
        partial(amy.patch, f"{LIST}{medium.pk}/", {"price": "30.00"}),
        partial(amy.post, f"{LIST}{small.pk}/stock/", {"delta": 1, "reason": "Counted"}),
    )
    assert statuses(responses) == {201: 2, 200: 3}
    assert {row.name.split(" – ")[0] for row in shirt.variants.all()} == {"Blouse"}
    assert variant(shirt, "S", "Red").stock == 4
    assert_audit_passes()
