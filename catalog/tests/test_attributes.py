"""Brands, tags and attributes."""

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction

from accounts.factories import UserFactory
from catalog import services
from catalog.models import Attribute, Product, ProductAttribute, ProductTag
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller

LIST, ATTRIBUTES = "/api/products/", "/api/attributes/"
MATERIAL = {"name": "Material", "slug": "material", "kind": "choice", "choices": ["Clay", "Glass"]}


@pytest.fixture
def material(db):
    return services.create_attribute(**MATERIAL)


@pytest.fixture
def litres(db):
    return services.create_attribute(name="Litres", slug="litres", kind="number")


def refusal(response):
    return response.status_code, response.json()["code"]


def value(caller, product):
    page = caller.get(f"{LIST}{product.pk}/").json()
    return {entry["slug"]: entry["value"] for entry in page["attributes"]}


def test_the_list_of_attributes_is_public(anyone, amy):
    response = amy.post(ATTRIBUTES, MATERIAL)
    made = {"id": Attribute.objects.get().pk, **MATERIAL}
    assert (response.status_code, response.json()) == (201, made | {"translations": {}})
    page = anyone.get(ATTRIBUTES)
    assert page.json()["attributes"] == [made]
    with query_budget(1):
        assert anyone.get(ATTRIBUTES).content == page.content
    unchanged = anyone.get(ATTRIBUTES, headers={"If-None-Match": page["ETag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"choices": []}, (400, "invalid")),
        ({"kind": "text"}, (400, "invalid")),
        ({"kind": "date"}, (400, "invalid")),
        ({"slug": "a b"}, (400, "invalid")),
        ({"choices": ["Clay", "clay"]}, (400, "invalid")),
        ({"choices": ["x" * 256]}, (400, "invalid")),
        ({"slug": "litres"}, (409, "slug_taken")),
    ],
)
def test_an_invalid_attribute_is_an_error(amy, litres, change, refused):
    assert refusal(amy.post(ATTRIBUTES, MATERIAL | change)) == refused
    assert Attribute.objects.get() == litres


def test_attribute_values_have_types(anyone, amy, tea, material, litres):
    services.create_attribute(name="Safe", slug="safe", kind="boolean")
    services.create_attribute(name="Note", slug="note", kind="text")
    given = {"material": "Clay", "litres": 1.5, "safe": False, "note": "Hand-made"}
    page = amy.patch(f"{LIST}{tea.pk}/", {"attributes": given}).json()
    assert page["attributes"][0] == {
        "slug": "litres",
        "name": "Litres",
        "kind": "number",
        "value": 1.5,
    }
    assert value(anyone, tea) == given
    amy.patch(f"{LIST}{tea.pk}/", {"attributes": {"litres": 2, "safe": None}})
    assert value(anyone, tea) == {"material": "Clay", "litres": 2, "note": "Hand-made"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"colour": "red"}, "litres, material"),
        ({"material": "Wood"}, "Clay, Glass"),
        ({"material": ["Clay"]}, "Clay, Glass"),
        ({"litres": "1.5"}, "a number"),
        ({"litres": True}, "a number"),
        ({"litres": 10**9}, "a number"),
    ],
)
def test_an_invalid_value_is_an_error_that_names_the_attribute(
    amy, tea, material, litres, given, named
):
    response = amy.patch(f"{LIST}{tea.pk}/", {"name": "Other", "attributes": given})
    assert response.status_code == 400
    fault = response.json()["errors"][0]
    assert fault["field"] == f"attributes.{next(iter(given))}"
    assert named in fault["detail"]
    tea.refresh_from_db()
    assert (tea.name, ProductAttribute.objects.count()) == ("Tea", 0)


def test_a_choice_in_use_cannot_be_removed(amy, tea, material):
    amy.patch(f"{LIST}{tea.pk}/", {"attributes": {"material": "Clay"}})
    path = f"{ATTRIBUTES}{material.pk}/"
    response = amy.patch(path, {"choices": ["Glass"]})
    assert refusal(response) == (409, "attribute_in_use")
    assert response.json()["products"] == 1
    assert refusal(amy.delete(path)) == (409, "attribute_in_use")
    assert amy.patch(path, {"choices": ["Clay", "Steel"]}).json()["choices"] == ["Clay", "Steel"]
    amy.patch(f"{LIST}{tea.pk}/", {"attributes": {"material": None}})
    assert amy.delete(path).status_code == 204
    assert refusal(amy.delete(path)) == (404, "attribute_not_found")


def test_renaming_an_attribute_takes_effect_at_once(anyone, amy, tea, material):
    amy.patch(f"{LIST}{tea.pk}/", {"attributes": {"material": "Clay"}})
    assert value(anyone, tea) == {"material": "Clay"}
    amy.patch(f"{ATTRIBUTES}{material.pk}/", {"slug": "stuff"})
    assert value(anyone, tea) == {"stuff": "Clay"}


def test_tags_and_brand_are_returned_and_searchable(anyone, amy, tea):
    page = amy.patch(f"{LIST}{tea.pk}/", {"brand": "Hearth", "tags": ["green", "loose"]}).json()
    assert (page["brand"], page["tags"]) == ("Hearth", ["green", "loose"])
    tea.refresh_from_db()
    assert tea.keywords == "Hearth green loose"
    assert amy.patch(f"{LIST}{tea.pk}/", {"tags": ["loose", "black"]}).json()["tags"] == [
        "black",
        "loose",
    ]
    assert anyone.get(LIST).json()["products"][0]["brand"] == "Hearth"


@pytest.mark.parametrize(
    "tags", [["a", "A"], ["x" * 256], [""], [7], "a", {"a": 1}, [f"t{n}" for n in range(251)]]
)
def test_invalid_tags_are_an_error(amy, tea, tags):
    assert refusal(amy.patch(f"{LIST}{tea.pk}/", {"tags": tags})) == (400, "invalid")
    assert not ProductTag.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "wanted"),
    [
        ([], (403, 403, 403)),
        (["add_attribute"], (201, 403, 403)),
        (["change_attribute"], (403, 200, 403)),
        (["delete_attribute"], (403, 403, 204)),
    ],
)
def test_each_write_needs_its_permission(litres, permissions, wanted):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    caller, path = Caller(clerk), f"{ATTRIBUTES}{litres.pk}/"
    responses = (
        caller.post(ATTRIBUTES, MATERIAL),
        caller.patch(path, {"name": "x"}),
        caller.delete(path),
    )
    assert tuple(response.status_code for response in responses) == wanted


@pytest.mark.parametrize(
    "change", ["text = NULL", "number = 1", "boolean = TRUE", "attribute_id = NULL"]
)
def test_the_database_requires_exactly_one_kind_of_value(tea, material, change):
    services.update_product(product_id=tea.pk, attributes={"material": "Clay"})
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE catalog_productattribute SET {change}")


def test_the_database_allows_one_value_per_attribute(tea, material):
    services.update_product(product_id=tea.pk, attributes={"material": "Clay"}, tags=["a"])
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductAttribute.objects.create(product=tea, attribute=material, text="Glass")
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductTag.objects.create(product=Product.objects.get(), tag="a")
