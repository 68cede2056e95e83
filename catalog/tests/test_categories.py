"""The tree of categories: /api/categories/."""

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
    answer = anyone.get(TREE)
    assert (answer.status_code, answer.json()) == (200, {"categories": []})


def test_the_tree_is_in_order_and_in_one_statement_at_any_size(anyone, kitchen, pots):
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


def test_one_category_has_the_way_to_it_and_all_below_it(anyone, kitchen, pots):
    lids = CategoryFactory(name="Lids", parent_id=pots.pk)
    assert anyone.get(f"{TREE}{pots.pk}/").json() == {
        **leaf(pots, leaf(lids)),
        "parent_id": kitchen.pk,
        "path": [link(kitchen)],
    }
    assert anyone.get(f"{TREE}{lids.pk}/").json()["path"] == [link(kitchen), link(pots)]
    missing = anyone.get(f"{TREE}9999/")
    assert (missing.status_code, missing.json()["code"]) == (404, "category_not_found")


def test_what_lies_below_an_unpublished_category_is_hidden_with_it(anyone, ada, amy, kitchen, pots):
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


def test_staff_make_change_move_and_delete_categories(amy, kitchen, pots):
    body = {"name": "Lids", "slug": "lids", "parent_id": pots.pk, "position": 3}
    made = amy.post(TREE, body)
    lids = Category.objects.get(slug="lids")
    assert (made.status_code, made["Location"]) == (201, f"{TREE}{lids.pk}/")
    assert made.json() == {
        **leaf(lids),
        "position": 3,
        "is_published": True,
        "parent_id": pots.pk,
        "path": [link(kitchen), link(pots)],
    }
    moved = amy.patch(f"{TREE}{pots.pk}/", {"parent_id": None})
    assert (moved.json()["parent_id"], moved.json()["path"]) == (None, [])
    assert set(lids.links_up.values_list("above_id", flat=True)) == {lids.pk, pots.pk}
    assert_audit_passes()
    assert amy.delete(f"{TREE}{lids.pk}/").status_code == 204
    assert not Category.objects.filter(pk=lids.pk).exists()
    assert_audit_passes()


def test_a_category_that_holds_something_stays(amy, kitchen, pots):
    product = ProductFactory(category_id=pots.pk)
    for category, held in ((kitchen, (1, 0)), (pots, (0, 1))):
        answer = amy.delete(f"{TREE}{category.pk}/")
        assert (answer.status_code, answer.json()["code"]) == (409, "category_in_use")
        assert (answer.json()["categories"], answer.json()["products"]) == held
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
def test_a_change_that_cannot_be_changes_nothing(amy, kitchen, pots, change, status, code):
    named = {"pots": pots.pk, "kitchen": kitchen.pk}
    if change.get("parent_id") in named:
        change = {"parent_id": named[change["parent_id"]]}
    answer = amy.patch(f"{TREE}{kitchen.pk}/", {"name": "Changed"} | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    kitchen.refresh_from_db()
    assert (kitchen.name, kitchen.slug, kitchen.parent_id) == ("Kitchen", "kitchen", None)


def test_a_tree_has_a_bottom(amy, db):
    above = None
    for _ in range(20):
        above = CategoryFactory(parent_id=above and above.pk)
    answer = amy.post(TREE, {"name": "Deeper", "slug": "deeper", "parent_id": above.pk})
    assert (answer.status_code, answer.json()["code"]) == (409, "category_too_deep")
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
def test_staff_write_by_their_permissions(kitchen, permissions, statuses_of):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    caller, path = Caller(clerk), f"{TREE}{kitchen.pk}/"
    answers = [
        caller.post(TREE, {"name": "New", "slug": "new"}),
        caller.patch(path, {"name": "Changed"}),
        caller.delete(path),
    ]
    assert tuple(answer.status_code for answer in answers) == statuses_of
    refused = [answer.json()["detail"] for answer in answers if answer.status_code == 403]
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
    for answer in (
        client.post(TREE, {"name": "New", "slug": "new"}),
        client.patch(f"{TREE}{kitchen.pk}/", {"name": "x"}),
        client.delete(f"{TREE}{kitchen.pk}/"),
    ):
        assert answer.status_code == status
    assert Category.objects.get().name == "Kitchen"


def test_the_database_refuses_a_category_within_itself(kitchen):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_category SET parent_id = id")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_two_moves_that_would_make_a_cycle_together(amy, attempt):
    first, second = CategoryFactory(), CategoryFactory()
    answers = at_once(
        partial(amy.patch, f"{TREE}{first.pk}/", {"parent_id": second.pk}),
        partial(amy.patch, f"{TREE}{second.pk}/", {"parent_id": first.pk}),
    )
    assert statuses(answers) == {200: 1, 409: 1}
    assert CategoryLink.objects.count() == 3
    assert_audit_passes()


def test_the_desk_writes_by_the_services(admin_browser, kitchen):
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
