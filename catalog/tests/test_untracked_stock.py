"""Products and variants whose stock is not tracked: they can always be ordered."""

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.factories import ProductFactory, ShirtFactory
from catalog.models import Product, StockMovement
from catalog.tests.exchange import errors_of, everything, export, import_content
from orders.factories import place_order
from orders.services import cancel_order
from shop.testing.assertions import assert_audit_passes

LIST, ADMIN = "/api/products/", "/admin/catalog/product/"
SHOPIFY = (
    "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Price\n"
)
FORM = {"name": "Card", "price": "10.00", "slug": "card", "is_published": "on"}


@pytest.fixture
def card(db):
    return ProductFactory(name="Card", stock=0, track_stock=False)


def refusal(response):
    return response.status_code, response.json()["code"]


def test_staff_read_and_write_it(amy, anyone):
    created = amy.post(LIST, {"name": "Card", "price": "10.00", "track_stock": False})
    assert created.status_code == 201
    body, path = created.json(), f"{LIST}{created.json()['id']}/"
    assert (body["in_stock"], body["track_stock"], body["backorder"]) == (True, False, True)
    assert body["stock"] is None
    assert anyone.get(path).json()["in_stock"] is True
    assert anyone.get(path).json().keys().isdisjoint({"stock", "track_stock", "backorder"})
    listed = amy.get(LIST).json()["products"][0]
    assert (listed["stock"], listed["track_stock"]) == (None, False)
    changed = amy.patch(path, {"track_stock": True, "backorder": False}).json()
    assert (changed["stock"], changed["track_stock"], changed["in_stock"]) == (0, True, False)
    again = amy.patch(path, {"track_stock": False}).json()
    assert (again["backorder"], again["in_stock"]) == (True, True)


def test_it_can_be_bought_in_any_quantity(ada, amy, card, settings):
    settings.MAX_UNITS_HELD = 999
    ada.post("/api/cart/add/", {"product_id": card.pk, "quantity": 999})
    cart = ada.get("/api/cart/").json()
    order = ada.post("/api/orders/", {"cart_id": cart["cart_id"]})
    assert order.status_code == 201
    assert amy.get(f"{LIST}{card.pk}/").json()["stock"] is None
    assert [m.delta for m in StockMovement.objects.all()] == [-999]
    assert_audit_passes()
    cancel_order(order_id=order.json()["order_id"], actor=ada.user)
    card.refresh_from_db()
    assert card.stock == 0
    assert_audit_passes()


def test_it_is_in_the_filter_and_never_low(anyone, amy, card):
    amy.patch(f"{LIST}{card.pk}/", {"low_stock_threshold": 5})
    assert anyone.get(LIST, {"in_stock": "true"}).json()["count"] == 1
    assert anyone.get(LIST, {"in_stock": "false"}).json()["count"] == 0
    assert amy.get(f"{LIST}low-stock/").json()["count"] == 0
    amy.patch(f"{LIST}{card.pk}/", {"track_stock": True})
    assert amy.get(f"{LIST}low-stock/").json()["count"] == 1


@pytest.mark.parametrize("changes", [{"backorder": False}, {"backorder": False, "sku": "C"}])
def test_ending_backorders_is_refused_while_stock_is_not_tracked(amy, card, changes):
    before = everything()
    response = amy.patch(f"{LIST}{card.pk}/", changes)
    assert refusal(response) == (409, "stock_untracked")
    assert "track_stock" in response.json()["detail"]
    both = amy.patch(f"{LIST}{card.pk}/", {"track_stock": False, "backorder": False})
    assert refusal(both) == (409, "stock_untracked")
    new = {"name": "Other", "price": "1.00", "track_stock": False, "backorder": False}
    assert refusal(amy.post(LIST, new)) == (409, "stock_untracked")
    assert everything() == before


def test_a_negative_number_becomes_zero_when_tracking_begins(ada, amy, card):
    place_order(ada.user, card, quantity=3)
    changed = amy.patch(f"{LIST}{card.pk}/", {"track_stock": True, "backorder": False})
    assert (changed.status_code, changed.json()["stock"]) == (200, 0)
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.delta) == ("adjustment", 3)
    assert movement.reason == "Tracking of stock begins"
    assert_audit_passes()


def test_each_variant_has_its_own(amy, anyone):
    shirt = ShirtFactory(
        options=("Kind",),
        variants=(
            {"choice": {"Kind": "Paper"}, "stock": 4},
            {"choice": {"Kind": "File"}, "track_stock": False},
        ),
    )
    body = amy.get(f"{LIST}{shirt.pk}/").json()
    assert body["stock"] == 4
    variants = [(v["stock"], v["track_stock"], v["in_stock"]) for v in body["variants"]]
    assert variants == [(4, True, True), (None, False, True)]
    paper = body["variants"][0]["id"]
    amy.patch(f"{LIST}{paper}/", {"track_stock": False})
    assert amy.get(LIST).json()["products"][0]["stock"] is None
    assert anyone.get(LIST, {"in_stock": "true"}).json()["count"] == 1
    empty = ProductFactory(name="Empty", stock=0, options=("Kind",))
    assert amy.get(f"{LIST}{empty.pk}/").json()["stock"] == 0


def test_the_database_refuses_a_product_that_nobody_could_order(card):
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=card.pk).update(backorder=False)


def test_the_previous_release_inserts_tracked_products(tea):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_product (name, description, price, stock, is_published)"
            " VALUES ('Old', '', 1, 5, true)"
        )
    assert Product.objects.get(name="Old").track_stock is True


def test_shopify_leaves_stock_untracked_without_a_tracker(anyone, amy):
    rows = "gift-card,Card,Title,Default Title,,,0,deny,10.00\n"
    rows += "mug,Mug,Kind,Blue,M-1,shopify,0,deny,8.00\nmug,,Kind,Own text,M-2,,-3,deny,9.00\n"
    assert import_content(SHOPIFY + rows)[0] == (2, 0, 0, 0)
    found = Product.objects.exclude(has_variants=True).order_by("pk")
    assert list(found.values_list("sku", "stock", "track_stock", "backorder")) == [
        ("", 0, False, True),
        ("M-1", 0, True, False),
        ("M-2", 0, False, True),
    ]
    assert anyone.get(LIST, {"in_stock": "true"}).json()["count"] == 2
    before = everything()
    assert import_content(SHOPIFY + rows)[0] == (0, 0, 2, 0)
    assert everything() == before
    assert_audit_passes()


def test_a_shopify_file_keeps_the_number_of_units_sold(ada):
    rows = "gift-card,Card,Title,Default Title,,,0,deny,10.00\n"
    import_content(SHOPIFY + rows)
    place_order(ada.user, Product.objects.get(), quantity=2)
    assert import_content(SHOPIFY + rows)[0] == (0, 0, 1, 0)
    assert Product.objects.get().stock == -2


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_an_export_contains_it_and_its_import_changes_nothing(card, tea, form):
    file = export(form)
    before = everything()
    assert import_content(file, f"products.{form}")[0] == (0, 0, 2, 0)
    assert everything() == before
    Product.objects.filter(pk=card.pk).update(track_stock=True, backorder=False)
    assert import_content(file, f"products.{form}")[0] == (0, 1, 1, 0)
    card.refresh_from_db()
    assert (card.track_stock, card.backorder) == (False, True)


def test_the_own_table_reads_it_and_refuses_a_contradiction(card):
    counts, results = import_content("slug,name,price,track_stock\nfile,File,3.00,false\n")
    assert (counts, errors_of(results)) == ((1, 0, 0, 0), [])
    file = Product.objects.get(slug="file")
    assert (file.track_stock, file.backorder, file.stock) == (False, True, 0)
    before = everything()
    counts, results = import_content("slug,backorder\ncard,false\n")
    assert counts == (0, 0, 0, 1)
    reason = "Its stock is not tracked, so backorder must be true. Or set track_stock."
    assert errors_of(results) == [f"line 2, backorder: {reason}"]
    assert everything() == before


def test_an_import_begins_tracking_at_zero_or_at_the_number_in_the_file(ada, card):
    place_order(ada.user, card, quantity=2)
    assert import_content("slug,track_stock,backorder\ncard,true,false\n")[0] == (0, 1, 0, 0)
    card.refresh_from_db()
    assert (card.stock, card.backorder, card.track_stock) == (0, False, True)
    import_content("slug,track_stock\ncard,false\n")
    place_order(ada.user, card, quantity=2)
    import_content("slug,track_stock,backorder,stock\ncard,true,false,7\n")
    card.refresh_from_db()
    assert card.stock == 7
    assert_audit_passes()


def test_the_admin_ends_tracking_and_begins_it(admin_browser, card):
    form = {**FORM, "track_stock": "True", "backorder": ""}
    assert admin_browser.post(f"{ADMIN}{card.pk}/change/", form).status_code == 302
    card.refresh_from_db()
    assert (card.track_stock, card.backorder) == (True, False)
    form["track_stock"] = "False"
    assert admin_browser.post(f"{ADMIN}{card.pk}/change/", form).status_code == 302
    card.refresh_from_db()
    assert (card.track_stock, card.backorder) == (False, True)
    page = admin_browser.get(ADMIN).content.decode()
    assert '<td class="field-units">not tracked</td>' in page
    for level, found in (("in", 1), ("out", 0), ("low", 0)):
        response = admin_browser.get(ADMIN, {"stock": level})
        assert response.context["cl"].result_count == found, level


def test_the_admin_refuses_to_end_backorders_only(admin_browser, card):
    form = {**FORM, "track_stock": "False", "backorder": ""}
    page = admin_browser.post(f"{ADMIN}{card.pk}/change/", form)
    assert page.status_code == 200
    assert "The stock of this product is not tracked" in page.content.decode()
    card.refresh_from_db()
    assert (card.track_stock, card.backorder) == (False, True)


def test_a_form_without_the_field_does_not_end_tracking(admin_browser, tea):
    form = {**FORM, "name": "Tea", "slug": "tea"}
    assert admin_browser.post(f"{ADMIN}{tea.pk}/change/", form).status_code == 302
    assert admin_browser.post(f"{ADMIN}add/", {**FORM, "stock": "3"}).status_code == 302
    assert set(Product.objects.values_list("track_stock", "backorder")) == {(True, False)}
    new = {**FORM, "slug": "new", "name": "New", "stock": "0", "track_stock": "False"}
    assert admin_browser.post(f"{ADMIN}add/", new).status_code == 302
    created = Product.objects.get(slug="new")
    assert (created.track_stock, created.backorder) == (False, True)
