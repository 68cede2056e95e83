"""Categories: /api/categories/."""

from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction

from accounts.factories import UserFactory
from catalog import services
from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import Category, CategoryLink, Product
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller
from shop.testing.races import at_once

TREE = "/api/categories/"


def leaf(category, *children):
    return {
        "id": category.pk,
        "name": category.name,
        "slug": category.slug,
        "children": list(children),
    }


def link(category):
    return {"id": category.pk, "name": category.name, "slug": category.slug}


@pytest.fixture
def kitchen(db):
    return CategoryFactory(name="Kitchen", slug="kitchen")


@pytest.fixture
def pots(kitchen):
    return CategoryFactory(name="Pots", slug="pots", parent_id=kitchen.pk)


def test_an_empty_shop_has_an_empty_tree(anyone, db):
    response = anyone.get(TREE)
    assert (response.status_code, response.json()) == (200, {"categories": []})


def test_the_tree_is_sorted_and_read_in_one_statement(anyone, kitchen, pots):
    last = CategoryFactory(name="Attic", position=9)
    garden = CategoryFactory(name="Garden")
    lids = CategoryFactory(name="Lids", parent_id=pots.pk)
    assert anyone.get(TREE).json() == {
        "categories": [
            leaf(garden),
            leaf(kitchen, leaf(pots, leaf(lids))),
            leaf(last),
        ]
    }
    for parent in (garden, kitchen, pots):
        CategoryFactory.create_batch(20, parent_id=parent.pk)
    with query_budget(1):
        assert len(anyone.get(TREE).json()["categories"][0]["children"]) == 20
    with query_budget(1):
        assert len(anyone.get(f"{TREE}{pots.pk}/").json()["children"]) == 21


def test_a_category_has_its_ancestors_and_descendants(anyone, kitchen, pots):
    lids = CategoryFactory(name="Lids", parent_id=pots.pk)
    assert anyone.get(f"{TREE}{pots.pk}/").json() == {
        **leaf(pots, leaf(lids)),
        "parent_id": kitchen.pk,
        "path": [link(kitchen)],
        "canonical_url": "http://testserver/categories/pots",
        "seo_title": "",
        "seo_description": "",
    }
    assert anyone.get(f"{TREE}{lids.pk}/").json()["path"] == [link(kitchen), link(pots)]
    missing = anyone.get(f"{TREE}9999/")
    assert (missing.status_code, missing.json()["code"]) == (404, "category_not_found")


def test_descendants_of_an_unpublished_category_are_hidden(anyone, ada, amy, kitchen, pots):
    amy.patch(f"{TREE}{kitchen.pk}/", {"is_published": False})
    for caller in (anyone, ada):
        assert caller.get(TREE).json() == {"categories": []}
        assert caller.get(f"{TREE}{pots.pk}/").status_code == 404
    shown = amy.get(TREE).json()["categories"]
    assert [(node["id"], node["is_published"]) for node in shown] == [(kitchen.pk, False)]
    assert shown[0]["children"][0]["is_published"] is True


def test_the_tree_is_revalidated_and_never_older_than_a_write(anyone, amy, kitchen):
    first = anyone.get(TREE)
    assert first["Cache-Control"] == "no-cache"
    again = anyone.get(TREE, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    amy.patch(f"{TREE}{kitchen.pk}/", {"name": "Cooking"})
    changed = anyone.get(TREE, headers={"If-None-Match": first["ETag"]})
    assert changed.json()["categories"][0]["name"] == "Cooking"


def test_staff_create_change_move_and_delete_categories(amy, kitchen, pots):
    body = {"name": "Lids", "slug": "lids", "parent_id": pots.pk, "position": 3}
    body["seo_title"] = "Lids of clay"
    made = amy.post(TREE, body)
    lids = Category.objects.get(slug="lids")
    assert (made.status_code, made["Location"]) == (201, f"{TREE}{lids.pk}/")
    assert made.json() == {
        **leaf(lids),
        "position": 3,
        "is_published": True,
        "parent_id": pots.pk,
        "path": [link(kitchen), link(pots)],
        "canonical_url": "http://testserver/categories/lids",
        "seo_title": "Lids of clay",
        "seo_description": "",
    }
    changed = amy.patch(f"{TREE}{lids.pk}/", {"seo_title": "", "seo_description": "Round."}).json()
    assert (changed["seo_title"], changed["seo_description"]) == ("", "Round.")
    moved = amy.patch(f"{TREE}{pots.pk}/", {"parent_id": None})
    assert (moved.json()["parent_id"], moved.json()["path"]) == (None, [])
    assert set(lids.links_up.values_list("above_id", flat=True)) == {lids.pk, pots.pk}
    assert_audit_passes()
    assert amy.delete(f"{TREE}{lids.pk}/").status_code == 204
    assert not Category.objects.filter(pk=lids.pk).exists()
    assert_audit_passes()


def test_a_category_in_use_cannot_be_deleted(amy, kitchen, pots):
    product = ProductFactory(category_id=pots.pk)
    for category, held in ((kitchen, (1, 0)), (pots, (0, 1))):
        response = amy.delete(f"{TREE}{category.pk}/")
        assert (response.status_code, response.json()["code"]) == (409, "category_in_use")
        assert (response.json()["categories"], response.json()["products"]) == held
    assert Category.objects.count() == 2
    assert Product.objects.get().category_id == product.category_id == pots.pk


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"parent_id": "pots"}, 409, "category_cycle"),
        ({"parent_id": "kitchen"}, 409, "category_cycle"),
        ({"parent_id": 999_999}, 404, "category_not_found"),
        ({"slug": "pots"}, 409, "slug_taken"),
        ({"slug": "no spaces"}, 400, "invalid"),
        ({"name": ""}, 400, "invalid"),
        ({"position": -1}, 400, "invalid"),
        ({"is_published": 1}, 400, "invalid"),
    ],
)
def test_an_invalid_change_has_no_effect(amy, kitchen, pots, change, status, code):
    named = {"pots": pots.pk, "kitchen": kitchen.pk}
    if change.get("parent_id") in named:
        change = {"parent_id": named[change["parent_id"]]}
    response = amy.patch(f"{TREE}{kitchen.pk}/", {"name": "Changed"} | change)
    assert (response.status_code, response.json()["code"]) == (status, code)
    kitchen.refresh_from_db()
    assert (kitchen.name, kitchen.slug, kitchen.parent_id) == ("Kitchen", "kitchen", None)


def test_the_depth_of_the_tree_is_limited(amy, db):
    above = None
    for _ in range(20):
        above = CategoryFactory(parent_id=above and above.pk)
    response = amy.post(TREE, {"name": "Deeper", "slug": "deeper", "parent_id": above.pk})
    assert (response.status_code, response.json()["code"]) == (409, "category_too_deep")
    assert Category.objects.count() == 20


@pytest.mark.parametrize(
    ("permissions", "statuses_of"),
    [
        ([], (403, 403, 403)),
        (["add_category"], (201, 403, 403)),
        (["change_category"], (403, 200, 403)),
        (["delete_category"], (403, 403, 204)),
    ],
)
def test_each_write_needs_its_permission(kitchen, permissions, statuses_of):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    caller, path = Caller(clerk), f"{TREE}{kitchen.pk}/"
    responses = [
        caller.post(TREE, {"name": "New", "slug": "new"}),
        caller.patch(path, {"name": "Changed"}),
        caller.delete(path),
    ]
    assert tuple(response.status_code for response in responses) == statuses_of
    refused = [response.json()["detail"] for response in responses if response.status_code == 403]
    assert all("needs the permission catalog." in detail for detail in refused)


def test_staff_without_a_permission_see_what_customers_see(anyone, kitchen, pots):
    services.update_category(category_id=pots.pk, is_published=False)
    clerk = Caller(UserFactory(is_staff=True))
    assert clerk.get(TREE).json() == anyone.get(TREE).json() == {"categories": [leaf(kitchen)]}
    assert clerk.get(f"{TREE}{pots.pk}/").status_code == 404
    clerk.user.user_permissions.set(Permission.objects.filter(codename="view_category"))
    assert clerk.get(f"{TREE}{pots.pk}/").json()["is_published"] is False


@pytest.mark.parametrize(("caller", "status"), [("anyone", 401), ("ada", 403)])
def test_only_staff_write(request, caller, status, kitchen):
    client = request.getfixturevalue(caller)
    for response in (
        client.post(TREE, {"name": "New", "slug": "new"}),
        client.patch(f"{TREE}{kitchen.pk}/", {"name": "x"}),
        client.delete(f"{TREE}{kitchen.pk}/"),
    ):
        assert response.status_code == status
    assert Category.objects.get().name == "Kitchen"


def test_the_database_rejects_a_category_as_its_own_parent(kitchen):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_category SET parent_id = id")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_two_concurrent_moves_cannot_create_a_cycle(amy, attempt):
    first, second = CategoryFactory(), CategoryFactory()
    responses = at_once(
        partial(amy.patch, f"{TREE}{first.pk}/", {"parent_id": second.pk}),
        partial(amy.patch, f"{TREE}{second.pk}/", {"parent_id": first.pk}),
    )
    assert statuses(responses) == {200: 1, 409: 1}
    assert CategoryLink.objects.count() == 3
    assert_audit_passes()


def test_the_admin_writes_with_the_services(admin_browser, kitchen):
    form = {
        "name": "Pots",
        "slug": "pots",
        "parent": kitchen.pk,
        "position": 0,
        "is_published": "on",
    }
    assert admin_browser.post("/admin/catalog/category/add/", form).status_code == 302
    pots = Category.objects.get(slug="pots")
    assert set(pots.links_up.values_list("above_id", flat=True)) == {kitchen.pk, pots.pk}
    form = {"name": "Kitchen", "slug": "kitchen", "parent": pots.pk, "position": 0}
    page = admin_browser.post(f"/admin/catalog/category/{kitchen.pk}/change/", form, follow=True)
    assert b"cannot be moved below itself" in page.content
    page = admin_browser.post(
        f"/admin/catalog/category/{kitchen.pk}/delete/", {"post": "yes"}, follow=True
    )
    assert Category.objects.count() == 2
    admin_browser.post(f"/admin/catalog/category/{pots.pk}/delete/", {"post": "yes"})
    assert Category.objects.get() == kitchen
    assert_audit_passes()
