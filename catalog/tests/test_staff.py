"""Writes of products by staff."""

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction

from catalog.models import CatalogRevision, MovementKind, Product, StockMovement
from catalog.tests.shapes import detailed, to_staff
from shop.testing.assertions import assert_audit_passes

LIST = "/api/products/"
POT = {"name": "Pot", "price": "12.50"}


def faults(response):
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    return {(fault["field"], fault["code"]) for fault in response.json()["errors"]}


def test_a_product_is_created_with_defaults(amy):
    response = amy.post(LIST, POT)
    assert (response.status_code, response["Location"]) == (201, f"{LIST}{response.json()['id']}/")
    pot = Product.objects.get()
    assert (pot.name, str(pot.price), pot.slug) == ("Pot", "12.50", "pot")
    assert response.json() == detailed(pot) | to_staff(pot)
    assert not StockMovement.objects.exists()


def test_initial_stock_is_recorded_as_a_movement(amy):
    amy.post(LIST, POT | {"stock": 7, "description": "", "is_published": False})
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.delta, movement.actor) == ("initial", 7, amy.user)
    product = Product.objects.get()
    assert (product.stock, product.is_published) == (7, False)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": ""}, ("name", "blank")),
        ({"name": "x" * 256}, ("name", "max_length")),
        ({"name": 7}, ("name", "invalid")),
        ({"price": 12.5}, ("price", "invalid")),
        ({"price": "1e3"}, ("price", "invalid")),
        ({"price": "1_000"}, ("price", "invalid")),
        ({"price": "1.999"}, ("price", "invalid")),
        ({"price": "-1"}, ("price", "invalid")),
        ({"price": "NaN"}, ("price", "invalid")),
        ({"price": "99999999999"}, ("price", "invalid")),
        ({"price": "١٢"}, ("price", "invalid")),
        ({"stock": -1}, ("stock", "min_value")),
        ({"stock": "1"}, ("stock", "invalid")),
        ({"stock": 1.0}, ("stock", "invalid")),
        ({"stock": True}, ("stock", "invalid")),
        ({"stock": 10**12}, ("stock", "max_value")),
        ({"is_published": "yes"}, ("is_published", "invalid")),
        ({"is_published": 1}, ("is_published", "invalid")),
    ],
)
def test_an_invalid_product_is_an_error(amy, change, fault):
    assert faults(amy.post(LIST, POT | change)) == {fault}
    assert not Product.objects.exists()


@pytest.mark.parametrize("missing", ["name", "price"])
def test_an_error_names_missing_fields(amy, missing):
    body = {name: value for name, value in POT.items() if name != missing}
    assert faults(amy.post(LIST, body)) == {(missing, "required")}


def test_only_the_given_fields_change(amy, tea):
    response = amy.patch(f"{LIST}{tea.pk}/", {"price": "5", "is_published": False})
    assert response.status_code == 200
    tea.refresh_from_db()
    assert response.json() == detailed(tea) | to_staff(tea)
    assert (tea.name, str(tea.price), tea.is_published, tea.stock) == ("Tea", "5.00", False, 10)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": ""}, ("name", "blank")),
        ({"name": None}, ("name", "null")),
        ({"name": "x" * 256}, ("name", "max_length")),
        ({"price": 5}, ("price", "invalid")),
        ({"price": "5.001"}, ("price", "invalid")),
        ({"is_published": 0}, ("is_published", "invalid")),
    ],
)
def test_an_invalid_change_has_no_effect(amy, tea, change, fault):
    assert faults(amy.patch(f"{LIST}{tea.pk}/", {"description": "New", "price": "9"} | change)) == {
        fault
    }
    tea.refresh_from_db()
    assert (tea.name, tea.description, str(tea.price)) == ("Tea", "", "4.50")
    assert tea.is_published is True


def test_stock_cannot_be_set_directly(amy, tea):
    response = amy.patch(f"{LIST}{tea.pk}/", {"name": "Other", "stock": 99})
    assert faults(response) == {("stock", "invalid")}
    tea.refresh_from_db()
    assert (tea.name, tea.stock) == ("Tea", 10)


@pytest.mark.parametrize(("delta", "stock"), [(5, 15), (-10, 0)])
def test_stock_is_adjusted_with_a_reason(amy, tea, delta, stock):
    response = amy.post(f"{LIST}{tea.pk}/stock/", {"delta": delta, "reason": "Counted"})
    assert (response.status_code, response.json()["stock"]) == (200, stock)
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.delta, movement.reason) == ("adjustment", delta, "Counted")
    assert movement.actor == amy.user
    assert sum(StockMovement.objects.values_list("delta", flat=True)) == stock
    assert_audit_passes()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"delta": -11, "reason": "x"}, 409, "out_of_stock"),
        ({"delta": 1_000_000_000, "reason": "x"}, 409, "stock_limit"),
        ({"delta": 0, "reason": "x"}, 400, "invalid"),
        ({"delta": 1}, 400, "invalid"),
        ({"delta": "1", "reason": "x"}, 400, "invalid"),
        ({"delta": 10**10, "reason": "x"}, 400, "invalid"),
        ({"delta": 1, "reason": "x" * 201}, 400, "invalid"),
        ({"delta": 1, "reason": ""}, 400, "invalid"),
        ({"delta": True, "reason": "x"}, 400, "invalid"),
        ({"delta": 1.0, "reason": "x"}, 400, "invalid"),
        ({"reason": "x"}, 400, "invalid"),
    ],
)
def test_an_invalid_adjustment_has_no_effect(amy, tea, body, status, code):
    response = amy.post(f"{LIST}{tea.pk}/stock/", body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    tea.refresh_from_db()
    assert (tea.stock, tea.movements.count()) == (10, 1)


def test_an_archived_product_is_hidden_and_its_row_remains(amy, tea):
    assert amy.delete(f"{LIST}{tea.pk}/").status_code == 204
    tea.refresh_from_db()
    assert tea.archived_at is not None
    assert amy.get(f"{LIST}{tea.pk}/").status_code == 404
    assert (tea.stock, tea.movements.count()) == (10, 1)


def test_archived_and_unknown_products_cannot_be_changed(amy, tea):
    amy.delete(f"{LIST}{tea.pk}/")
    for path in (f"{LIST}{tea.pk}/", f"{LIST}999999/"):
        for response in (
            amy.delete(path),
            amy.patch(path, {"name": "x"}),
            amy.post(f"{path}stock/", {"delta": 1, "reason": "x"}),
        ):
            assert (response.status_code, response.json()["code"]) == (404, "product_not_found")
    tea.refresh_from_db()
    assert (tea.name, tea.stock) == ("Tea", 10)


@pytest.mark.parametrize(("caller", "status"), [("anyone", 401), ("ada", 403)])
def test_only_staff_write(request, caller, status, tea):
    client = request.getfixturevalue(caller)
    for response in (
        client.post(LIST, POT),
        client.patch(f"{LIST}{tea.pk}/", {"price": "0.01"}),
        client.delete(f"{LIST}{tea.pk}/"),
        client.post(f"{LIST}{tea.pk}/stock/", {"delta": 1, "reason": "x"}),
    ):
        assert response.status_code == status
    tea.refresh_from_db()
    assert (str(tea.price), tea.stock, tea.archived_at) == ("4.50", 10, None)


@pytest.mark.parametrize("change", ["stock = -1", "price = -1"])
def test_the_database_rejects_invalid_products(tea, change):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE catalog_product SET {change}")
    tea.refresh_from_db()
    assert (tea.stock, str(tea.price)) == (10, "4.50")


@pytest.mark.parametrize(("kind", "delta"), [("sale", 0), ("theft", -1)])
def test_the_database_rejects_invalid_movements(tea, kind, delta):
    into = "INSERT INTO catalog_stockmovement (product_id, kind, delta, reason) VALUES"
    with connection.cursor() as cursor:
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(f"{into} (%s, %s, %s, 'x')", [tea.pk, kind, delta])
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("UPDATE catalog_stockmovement SET kind = %s, delta = %s", [kind, delta])
    assert StockMovement.objects.get().kind == MovementKind.INITIAL


def test_the_catalog_has_one_revision(tea):
    with pytest.raises(IntegrityError), transaction.atomic():
        CatalogRevision.objects.create(id=2, epoch="x")
    assert CatalogRevision.objects.get().pk == CatalogRevision.ONLY


def test_permissions_of_a_user_who_is_not_staff_allow_nothing(ada, tea):
    ada.user.user_permissions.set(Permission.objects.filter(content_type__app_label="catalog"))
    for answer in (
        ada.post(LIST, POT),
        ada.patch(f"{LIST}{tea.pk}/", {"price": "0.01"}),
        ada.delete(f"{LIST}{tea.pk}/"),
        ada.post(f"{LIST}{tea.pk}/stock/", {"delta": 1, "reason": "x"}),
        ada.get("/api/sales/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    tea.refresh_from_db()
    assert (str(tea.price), tea.stock, tea.archived_at) == ("4.50", 10, None)
    assert Product.objects.get() == tea
