"""The members of a cart, POST and PATCH /api/cart/, and its problems."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.dateparse import parse_datetime

from cart.factories import fill_cart
from cart.models import Cart, CartItem
from cart.promotions.factories import create_promotion, create_voucher
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from cart.tests.test_guests import Guest, open_cart
from catalog.factories import ProductFactory
from catalog.images.models import ProductImage
from catalog.models import Product
from catalog.services import update_product
from shop.testing.budget import LOCK, count_statements, query_budget

CART = "/api/cart/"
ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}
STORED = {
    "name": "Ada Lovelace",
    "company": "",
    "line1": "Torstraße 1",
    "line2": "",
    "postal_code": "10119",
    "city": "Berlin",
    "region": "",
    "country": "DE",
    "phone": "",
    "vat_number": "",
}


def codes(body):
    return [problem["code"] for problem in body["problems"]]


def test_a_guest_opens_a_cart_with_everything_in_one_request(anyone, tea):
    changes = {
        "items": [{"product_id": tea.pk, "quantity": 2}],
        "email": "ada@example.com",
        "phone": "030 123456",
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS | {"company": "Analytical Engines"},
        "shipping_method": "pigeon",
        "voucher_codes": ["Nope", "nope"],
        "note": "Ring twice.\nThen wait.",
        "language": "de",
        "consents": {"terms": True, "version": "2026-11"},
        "metadata": {"source": "app"},
    }
    response = anyone.post(CART, changes)
    assert (response.status_code, response["Location"]) == (201, CART)
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    guest = Guest(body.pop("cart_token"))
    assert guest.get(CART).json() == body
    assert body["shipping_address"] == STORED
    assert body["billing_address"] == STORED | {"company": "Analytical Engines"}
    expected = {
        "email": "ada@example.com",
        "phone": "+4930123456",
        "shipping_method": "pigeon",
        "note": "Ring twice.\nThen wait.",
        "language": "de",
        "consents": {"terms": True, "version": "2026-11"},
        "metadata": {"source": "app"},
        "subtotal": "9.00",
        "total": "9.00",
    }
    assert {name: body[name] for name in expected} == expected
    assert [voucher["code"] for voucher in body["vouchers"]] == ["Nope"]
    assert codes(body) == ["voucher_not_applicable", "shipping_method_unavailable"]


def test_null_clears_and_what_is_absent_does_not_change(ada, tea):
    fill_cart(ada.user, tea)
    first = ada.patch(CART, {"email": "a@example.com", "note": "x", "shipping_address": ADDRESS})
    assert first.status_code == 200
    body = ada.patch(CART, {"note": None, "voucher_codes": None, "consents": None}).json()
    assert (body["email"], body["note"]) == ("a@example.com", None)
    assert body["shipping_address"] == STORED
    body = ada.patch(CART, {"email": None, "shipping_address": {"country": "fr"}}).json()
    assert body["email"] is None
    assert body["shipping_address"] == dict.fromkeys(STORED, "") | {"country": "FR"}
    assert ada.patch(CART, {"shipping_address": None}).json()["shipping_address"] is None
    assert len(body["cart_items"]) == 1
    assert ada.patch(CART, {"items": None}).json()["cart_items"] == []


def test_items_are_replaced_as_a_whole(ada, tea):
    cup, pot = ProductFactory(), ProductFactory()
    cart_id = fill_cart(ada.user, tea, cup)
    items = [{"product_id": cup.pk, "quantity": 4}, {"product_id": pot.pk, "quantity": 1}]
    body = ada.patch(CART, {"items": items}).json()
    assert body["cart_id"] == cart_id
    found = [(item["product_id"], item["quantity"]) for item in body["cart_items"]]
    assert found == [(cup.pk, 4), (pot.pk, 1)]


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_user_without_a_cart_gets_one(ada, tea, method):
    body = {"items": [{"product_id": tea.pk, "quantity": 1}]}
    response = getattr(ada, method)(CART, body)
    assert response.status_code == (201 if method == "post" else 200)
    assert "cart_token" not in response.json()
    assert Cart.objects.get().user == ada.user
    assert getattr(ada, method)(CART, {"note": "again"}).status_code == 200
    assert Cart.objects.get().note == "again"


def test_a_refused_change_changes_nothing(ada, tea, shirt):
    fill_cart(ada.user, tea)
    hidden = ProductFactory(is_published=False)
    for product_id, quantity, status, code in (
        (tea.pk, 11, 409, "out_of_stock"),
        (hidden.pk, 1, 404, "product_not_found"),
        (shirt.pk, 1, 409, "choose_variant"),
    ):
        items = [{"product_id": product_id, "quantity": quantity}]
        response = ada.patch(CART, {"items": items, "note": "lost"})
        assert (response.status_code, response.json()["code"]) == (status, code)
    assert (Cart.objects.get().note, CartItem.objects.get().quantity) == ("", 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@[127.0.0.1]"}, "email"),
        ({"email": 1}, "email"),
        ({"phone": "12"}, "phone"),
        ({"shipping_address": {"country": "XX"}}, "shipping_address.country"),
        ({"shipping_address": {"street": "x"}}, "shipping_address.street"),
        ({"language": "fr"}, "language"),
        ({"note": "x" * 2001}, "note"),
        ({"voucher_codes": ["x"] * 11}, "voucher_codes"),
        ({"voucher_codes": "x"}, "voucher_codes"),
        ({"consents": {"terms": 1}}, "consents"),
        ({"consents": {str(n): True for n in range(21)}}, "consents"),
        ({"metadata": {"a": "x" * 17000}}, "metadata"),
        ({"items": [{"product_id": 1, "quantity": 1}, None]}, "items.1"),
        ({"items": [{"product_id": 1, "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"product_id": 1, "quantity": 1}] * 2}, "items"),
        ({"items": [{"product_id": n, "quantity": 1} for n in range(1, 102)]}, "items"),
        ({"shiping_method": "x"}, "shiping_method"),
    ],
)
def test_an_invalid_member_is_refused(ada, tea, changes, field):
    fill_cart(ada.user, tea)
    before = ada.get(CART).json()
    response = ada.patch(CART, {"note": "lost", **changes})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"].startswith(field)
    assert ada.get(CART).json() == before


def test_a_guest_whose_cart_was_ordered_cannot_change_it(anyone, tea):
    guest, cart_id = open_cart(anyone, tea)
    Cart.objects.update(status="ordered")
    response = guest.patch(CART, {"note": "late"})
    assert (response.status_code, response.json()["code"]) == (409, "cart_not_open")
    assert response.json()["cart_id"] == cart_id
    assert Cart.objects.get().note == ""
    opened = guest.post(CART, {"note": "new"})
    assert (opened.status_code, opened.json()["note"]) == (201, "new")
    assert opened.json()["cart_id"] != cart_id
    assert Guest("A" * 43).post(CART, {"note": "x"}).json()["code"] == "cart_token_invalid"


def test_an_item_has_what_a_page_shows(ada, shirt):
    variant = Product.objects.get(parent=shirt, options=["S", "Red"])
    ProductImage.objects.create(product=shirt, source_url="https://img.example.com/shirt.jpg")
    fill_cart(ada.user, variant, quantity=2)
    (item,) = ada.get(CART).json()["cart_items"]
    image = item.pop("image")
    assert (image["large"], image["alt"]) == ("https://img.example.com/shirt.jpg", "")
    assert item == {
        "product_id": variant.pk,
        "quantity": 2,
        "name": "Shirt – S / Red",
        "slug": shirt.slug,
        "sku": variant.sku,
        "options": dict(zip(shirt.options, ["S", "Red"], strict=True)),
        "unit_price": "20.00",
        "regular_unit_price": "20.00",
        "available": 5,
        "line_subtotal": "40.00",
        "discount": "0.00",
        "line_total": "40.00",
        "tax_rate": "0",
        "tax": "0.00",
        "problems": [],
    }
    ProductImage.objects.create(product=variant, source_url="https://img.example.com/s.jpg")
    (item,) = ada.get(CART).json()["cart_items"]
    assert item["image"]["large"] == "https://img.example.com/s.jpg"


def test_the_stock_is_told_only_if_it_is_low(ada):
    few, many = ProductFactory(stock=9), ProductFactory(stock=10)
    endless = ProductFactory(stock=1, backorder=True)
    fill_cart(ada.user, few, many, endless)
    items = ada.get(CART).json()["cart_items"]
    assert [item.get("available") for item in items] == [9, None, None]
    Product.objects.filter(pk=many.pk).update(stock=0)
    body = ada.get(CART).json()
    assert body["cart_items"][1]["available"] == 0
    assert codes(body) == ["out_of_stock"]


def test_problems_have_a_fixed_order_and_tell_whether_they_block(db, anyone, settings):
    settings.REQUIRE_SHIPPING = True
    gone, short, dear = ProductFactory(name="Gone"), ProductFactory(), ProductFactory(price="3.00")
    guest, _ = open_cart(anyone, gone, 3)
    for product in (short, dear):
        guest.post("/api/cart/add/", {"product_id": product.pk, "quantity": 3})
    update_product(product_id=gone.pk, is_published=False)
    Product.objects.filter(pk=short.pk).update(stock=2)
    update_product(product_id=dear.pk, price=Decimal("3.50"))
    body = guest.patch(CART, {"voucher_codes": ["x"], "billing_address": {"city": "Bonn"}}).json()
    found = {problem["code"]: problem for problem in body["problems"]}
    assert codes(body) == [
        "product_unavailable",
        "out_of_stock",
        "price_changed",
        "voucher_not_applicable",
        "email_missing",
        "address_incomplete",
        "address_incomplete",
    ]
    assert [p["field"] for p in body["problems"]][-2:] == ["shipping_address", "billing_address"]
    assert [code for code, problem in found.items() if not problem["blocking"]] == ["price_changed"]
    assert body["can_order"] is False
    changed = found["price_changed"]
    assert (changed["product_id"], changed["old"], changed["new"]) == (dear.pk, "3.00", "3.50")
    assert [item["problems"] for item in body["cart_items"]] == [
        [problem] for problem in body["problems"][:3]
    ]
    assert found["product_unavailable"]["names"] == ["Gone"]
    assert found["voucher_not_applicable"]["voucher_code"] == "x"
    assert found["voucher_not_applicable"]["reason"] == "unknown"
    assert found["address_incomplete"]["missing"] == ["name", "line1", "country"]


def test_a_new_price_is_seen_once_the_quantity_is_set(ada, tea):
    fill_cart(ada.user, tea)
    update_product(product_id=tea.pk, price=Decimal("5.25"))
    body = ada.get(CART).json()
    assert (codes(body), body["can_order"]) == (["price_changed"], True)
    assert ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 1}).json()["problems"] == []


def test_shipping_tax_and_a_voucher_are_in_the_cart(ada):
    tea = ProductFactory(price="50.00")
    create_tax_rate("DE", "19")
    create_method(prices={"DE": "4.90"})
    voucher = create_voucher()
    fill_cart(ada.user, tea, quantity=2)
    body = ada.patch(
        CART, {"shipping_address": ADDRESS, "voucher_codes": [voucher.code.lower()]}
    ).json()
    (method,) = body["shipping_methods"]
    assert (method["code"], method["price"], method["preselected"]) == (
        "standard",
        "4.90",
        True,
    )
    assert body["shipping_method"] == "standard"
    (discount,) = body["discounts"]
    assert (discount["code"], discount["amount"]) == (voucher.code, body["discount_total"])
    assert sum(Decimal(a["amount"]) for a in discount["allocations"]) == Decimal(
        body["discount_total"]
    )
    total = Decimal("100.00") - Decimal(body["discount_total"]) + Decimal("4.90")
    assert Decimal(body["total"]) == total
    (tax,) = body["taxes"]
    assert (tax["rate"], tax["amount"]) == ("19", body["tax_total"])
    assert Decimal(tax["base"]) + Decimal(tax["amount"]) == total
    explained = ada.get(f"{CART}?explain=1").json()
    assert explained["explanation"][-1]["total"] == body["total"]
    (step,) = [step for step in explained["explanation"] if step["step"] == "discount"]
    assert step["facts"]["allocations"] == discount["allocations"]
    assert "explanation" not in ada.get(CART).json()


def test_times_tell_when_a_cart_changes_and_expires(anyone, ada, tea):
    guest, _ = open_cart(anyone, tea)
    fill_cart(ada.user, tea)
    for caller, days in ((guest, 30), (ada, 180)):
        before = caller.get(CART).json()
        caller.post("/api/cart/add/", {"product_id": tea.pk, "quantity": 1})
        after = caller.get(CART).json()
        changed, expires = (parse_datetime(after[n]) for n in ("updated_at", "expires_at"))
        assert changed > parse_datetime(before["updated_at"])
        assert expires - changed == timedelta(days=days)


@pytest.mark.parametrize("count", [1, 9])
def test_a_change_sends_the_same_number_of_statements_for_any_number_of_items(ada, count):
    fill_cart(ada.user, ProductFactory())
    items = [
        {"product_id": product.pk, "quantity": 1} for product in ProductFactory.create_batch(count)
    ]
    changes = {"items": items, "note": "x", "shipping_address": ADDRESS}
    # user, lock, cart; products, deleted and new items, cart; the answer
    with query_budget(1 + LOCK + 1 + 4 + 1):
        assert len(ada.patch(CART, changes).json()["cart_items"]) == count
    create_tax_rate("DE", "19")
    create_method(prices={"DE": "4.90"})
    ada.get(CART)
    assert count_statements(lambda: ada.get(CART)) == 2


def test_voucher_codes_cannot_be_guessed(anyone, tea, ada):
    voucher = create_voucher()
    guest, _ = open_cart(anyone, tea)
    for number in range(2):
        guessed = [f"x{number}-{n}" for n in range(10)]
        assert guest.patch(CART, {"voucher_codes": guessed}).status_code == 200
    response = guest.patch(CART, {"voucher_codes": [voucher.code]})
    assert (response.status_code, response.json()["code"]) == (429, "too_many_requests")
    assert guest.patch(CART, {"note": "still"}).status_code == 200
    assert guest.get(CART).json()["discounts"] == []
    assert ada.patch(CART, {"voucher_codes": [voucher.code]}).status_code == 200


def test_the_items_of_a_guests_cart_that_was_ordered_do_not_change(anyone, tea):
    guest, cart_id = open_cart(anyone, tea)
    Cart.objects.update(status="ordered")
    url = f"{CART}items/{tea.pk}/"
    for response in (guest.patch(url, {"quantity": 2}), guest.delete(url)):
        assert (response.status_code, response.json()["code"]) == (409, "cart_not_open")
        assert response.json()["cart_id"] == cart_id
    assert CartItem.objects.get().quantity == 1


def test_a_code_says_what_is_missing_or_applies_instead(ada, tea):
    fill_cart(ada.user, tea)
    create_voucher("SPRING", promotion=create_promotion("Spring", needs_code=True))
    rules = {"DEAR": {"minimum_total": 20}, "MANY": {"minimum_quantity": 3}}
    for code, rule in rules.items():
        create_voucher(code, promotion=create_promotion(code.title(), needs_code=True, **rule))
    create_voucher("SECOND", promotion=create_promotion("Second", needs_code=True))
    entered = ["DEAR", "MANY", "SPRING", "SECOND", "none"]
    body = ada.patch(CART, {"voucher_codes": entered}).json()
    members = {"code", "name", "is_applied", "amount", "reason"}
    found = [
        (voucher["reason"], {k: v for k, v in voucher.items() if k not in members})
        for voucher in body["vouchers"]
    ]
    assert found == [
        ("minimum_total", {"missing": "15.50"}),
        ("not_for_these_items", {"missing_quantity": 2}),
        (None, {}),
        ("not_combinable", {"with": ["SPRING"]}),
        ("unknown", {}),
    ]
    for problem, (reason, facts) in zip(body["problems"], found[:2] + found[3:], strict=True):
        assert problem.items() >= {"reason": reason, **facts}.items()
