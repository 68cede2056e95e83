"""Metadata of products in the API, the admin, import and export."""

import json

import pytest
from django.test import Client

from catalog.factories import ProductFactory
from catalog.models import Product
from catalog.tests.exchange import everything, export, import_content, warnings_of

PRODUCTS = "/api/products/"


def change(caller, product, **changes):
    return caller.patch(f"{PRODUCTS}{product.pk}/", changes)


def test_staff_write_both_and_everyone_reads_the_public_one(amy, anyone):
    body = {
        "name": "Pot",
        "price": "1.00",
        "is_published": True,
        "metadata": {"erp-id": "17"},
        "private_metadata": {"cost": "0.40"},
    }
    created = amy.post(PRODUCTS, body)
    assert created.status_code == 201
    pk = created.json()["id"]
    for path in (f"{PRODUCTS}{pk}/", PRODUCTS):
        seen = [c.get(path).json() for c in (amy, anyone)]
        staff, public = [response.get("products", [response])[0] for response in seen]
        assert staff["metadata"] == public["metadata"] == {"erp-id": "17"}
        assert staff["private_metadata"] == {"cost": "0.40"}
        assert "private_metadata" not in public


def test_a_patch_replaces_the_whole_object(amy, anyone, tea):
    assert change(amy, tea, metadata={"a": "1", "b": "2"}).status_code == 200
    assert change(amy, tea, metadata={"b": "3"}).json()["metadata"] == {"b": "3"}
    assert change(amy, tea, price="2.00").json()["metadata"] == {"b": "3"}
    assert anyone.get(f"{PRODUCTS}{tea.pk}/").json()["metadata"] == {"b": "3"}
    assert change(amy, tea, metadata={}).json()["metadata"] == {}


def test_a_variant_has_its_own(amy, anyone, shirt):
    variant = shirt.variants.first()
    response = change(amy, variant, metadata={"erp": "S"}, private_metadata={"x": "y"})
    assert (response.status_code, response.json()["metadata"]) == (200, {"erp": "S"})
    assert change(amy, shirt, metadata={"erp": "all"}).status_code == 200
    body = anyone.get(f"{PRODUCTS}{shirt.pk}/").json()
    assert body["metadata"] == {"erp": "all"}
    assert [v["metadata"] for v in body["variants"] if v["id"] == variant.pk] == [{"erp": "S"}]
    assert "private_metadata" not in str(body)


@pytest.mark.parametrize(
    "wrong", [None, [], "text", {"k": 1}, {"k": None}, {"two words": "v"}, {"k": "é" * 9000}]
)
@pytest.mark.parametrize("name", ["metadata", "private_metadata"])
def test_invalid_metadata_is_an_error(amy, tea, name, wrong):
    response = change(amy, tea, **{name: wrong})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, name)
    assert Product.objects.get().metadata == Product.objects.get().private_metadata == {}


def test_customers_cannot_write_metadata(ada, tea):
    assert change(ada, tea, metadata={"a": "1"}).status_code == 403
    assert Product.objects.get().metadata == {}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("metadata.erp=17", "A"),
        ("metadata.erp=17&metadata.erp=18", "AB"),
        ("metadata.erp=17&metadata.a.b-c=x", "A"),
        ("metadata.erp=18&metadata.a.b-c=x", ""),
        ("metadata.5=five", "B"),
        ("metadata.empty=", "B"),
        ("metadata.missing=", ""),
        ("metadata.erp=17&ordering=-name", "A"),
    ],
)
def test_staff_can_filter_by_metadata(amy, query, found):
    ProductFactory(name="A", metadata={"erp": "17", "a.b-c": "x"})
    ProductFactory(name="B", metadata={"erp": "18", "5": "five", "empty": ""})
    ProductFactory(name="C", private_metadata={"erp": "17"})
    response = amy.get(f"{PRODUCTS}?{query}")
    assert "".join(product["name"] for product in response.json()["products"]) == found
    assert response.json()["count"] == len(found)


def test_others_cannot_filter_by_metadata(ada, anyone, tea):
    for caller in (ada, anyone):
        response = caller.get(f"{PRODUCTS}?metadata.erp=17")
        assert (response.status_code, response.json()["errors"][0]["field"]) == (
            400,
            "metadata.erp",
        )


def test_an_invalid_key_in_a_filter_is_an_error(amy, tea):
    assert amy.get(f"{PRODUCTS}?metadata.a%22b=1").status_code == 400


def test_sparse_fields_can_select_metadata(amy, anyone, tea):
    assert anyone.get(f"{PRODUCTS}{tea.pk}/?fields=metadata").json() == {
        "id": tea.pk,
        "metadata": {},
    }
    assert anyone.get(f"{PRODUCTS}{tea.pk}/?fields=private_metadata").status_code == 400
    assert "private_metadata" in amy.get(f"{PRODUCTS}{tea.pk}/?fields=private_metadata").json()


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_a_round_trip_keeps_metadata(shirt, form):
    shirt.metadata = {"b": 'a "quoted" ü', "a": "=1+1"}
    shirt.private_metadata = {"cost": "0.40"}
    shirt.save()
    variant = shirt.variants.first()
    variant.metadata = {"erp": "S"}
    variant.save()
    file = export(form)
    before = everything()
    assert import_content(file, f"file.{form}")[0] == (0, 0, 1, 0)
    assert everything() == before
    Product.objects.update(metadata={}, private_metadata={})
    assert import_content(file, f"file.{form}")[0] == (0, 1, 0, 0)
    shirt.refresh_from_db()
    variant.refresh_from_db()
    assert shirt.metadata == {"b": 'a "quoted" ü', "a": "=1+1"}
    assert (shirt.private_metadata, variant.metadata) == ({"cost": "0.40"}, {"erp": "S"})


def test_an_import_replaces_metadata_and_an_empty_cell_removes_it(tea):
    Product.objects.update(slug="tea", metadata={"old": "1"}, private_metadata={"kept": "1"})
    cell = '"{""erp"": ""17""}"'
    assert import_content(f"slug,metadata\ntea,{cell}\n")[0] == (0, 1, 0, 0)
    assert Product.objects.get().metadata == {"erp": "17"}
    assert import_content("slug,metadata\ntea,\n")[0] == (0, 1, 0, 0)
    tea.refresh_from_db()
    assert (tea.metadata, tea.private_metadata) == ({}, {"kept": "1"})
    import_content(
        json.dumps([{"slug": "new", "name": "New", "price": "1", "metadata": {"a": "b"}}]), "f.json"
    )
    assert Product.objects.get(slug="new").metadata == {"a": "b"}


@pytest.mark.parametrize("cell", ["17", "[]", '"{""a"": 1}"', "{", '"{""two words"": ""v""}"'])
def test_an_import_reports_the_line_of_invalid_metadata(db, cell):
    counts, results = import_content(f"slug,name,price,metadata\npot,Pot,1,{cell}\n")
    assert counts == (1, 0, 0, 0)
    (warning,) = warnings_of(results)
    assert warning.startswith("line 2, metadata: ")
    assert warning.endswith(" It was left out.")
    assert Product.objects.get().metadata == {}


def test_staff_edit_it_in_the_admin(admin_browser: Client, tea):
    page = admin_browser.get(f"/admin/catalog/product/{tea.pk}/change/")
    form = page.context["adminform"].form
    data = {name: "" if value is None else value for name, value in form.initial.items()}
    data |= {"option_names": "", "tag_words": "", "publish_at_0": "", "publish_at_1": ""}
    data |= {"metadata": '{"erp": "17"}', "private_metadata": ""}
    response = admin_browser.post(f"/admin/catalog/product/{tea.pk}/change/", data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert Product.objects.get().metadata == {"erp": "17"}
    response = admin_browser.post(
        f"/admin/catalog/product/{tea.pk}/change/", data | {"metadata": "[1]"}
    )
    assert "Metadata must be a JSON object." in response.content.decode()
