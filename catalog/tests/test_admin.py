"""The catalog's desk."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.factories import UserFactory
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from shop.testing.budget import count_statements

LIST = "/admin/catalog/product/"


def messages_of(page):
    return [str(message) for message in page.context["messages"]]


def test_a_new_product_has_its_stock_by_a_movement(desk, amy):
    form = {"name": "Pot", "price": "12.50", "description": "", "stock": "7", "is_published": "on"}
    assert desk.post(f"{LIST}add/", form).status_code == 302
    pot = Product.objects.get()
    assert (pot.name, str(pot.price), pot.stock, pot.is_published) == ("Pot", "12.50", 7, True)
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.delta, movement.actor) == ("initial", 7, amy.user)


@pytest.mark.parametrize(
    "field", [{"stock": "-1"}, {"price": "-1"}, {"stock": "1e3"}, {"name": ""}]
)
def test_a_product_that_breaks_a_rule_is_refused_in_the_form(desk, field):
    form = {"name": "Pot", "price": "12.50", "stock": "7", **field}
    assert desk.post(f"{LIST}add/", form).status_code == 200
    assert not Product.objects.exists()


def test_an_edit_never_types_over_the_stock(desk, tea):
    form = {"name": "Green tea", "price": "5.00", "description": "", "stock": "999"}
    assert desk.post(f"{LIST}{tea.pk}/change/", form).status_code == 302
    tea.refresh_from_db()
    assert (tea.name, str(tea.price), tea.stock, tea.is_published) == (
        "Green tea",
        "5.00",
        10,
        False,
    )


def test_stock_is_adjusted_with_a_reason(desk, amy, tea):
    answer = desk.post(f"{LIST}{tea.pk}/adjust/", {"delta": "-3", "reason": "Broken"}, follow=True)
    assert messages_of(answer) == ["Tea has 7 in stock now."]
    tea.refresh_from_db()
    assert tea.stock == 7
    movement = StockMovement.objects.latest("pk")
    assert (movement.delta, movement.reason, movement.actor) == (-3, "Broken", amy.user)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"delta": "-11", "reason": "Lost"}, "has 10 in stock"),
        ({"delta": "0", "reason": "Nothing"}, "Say how many"),
        ({"delta": "5", "reason": ""}, "This field is required"),
        ({"delta": "99999999999", "reason": "x"}, "less than or equal"),
        ({"delta": "1000000000", "reason": "x"}, "at most 1000000000 pieces"),
    ],
)
def test_an_adjustment_that_cannot_be_is_refused_in_the_form(desk, tea, form, said):
    answer = desk.post(f"{LIST}{tea.pk}/adjust/", form)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    tea.refresh_from_db()
    assert (tea.stock, tea.movements.count()) == (10, 1)


def test_deleting_a_product_archives_it(desk, tea):
    page = desk.post(f"{LIST}{tea.pk}/delete/", {})
    assert "will be archived" in page.content.decode()
    assert desk.post(f"{LIST}{tea.pk}/delete/", {"post": "yes"}).status_code == 302
    tea.refresh_from_db()
    assert tea.archived_at is not None
    assert desk.get(f"{LIST}{tea.pk}/change/").status_code == 302


def test_actions_publish_unpublish_and_archive(desk, tea):
    chosen = {"_selected_action": [tea.pk]}
    desk.post(LIST, {"action": "unpublish", **chosen})
    assert Product.objects.get().is_published is False
    desk.post(LIST, {"action": "publish", **chosen})
    assert Product.objects.get().is_published is True
    desk.post(LIST, {"action": "delete_selected", "post": "yes", **chosen})
    assert Product.objects.get().archived_at is not None


def test_who_may_only_look_changes_nothing(tea):
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_product"))
    browser = Client()
    browser.force_login(looker)
    assert browser.get(f"{LIST}{tea.pk}/change/").status_code == 200
    form = {"delta": "1", "reason": "x"}
    assert browser.post(f"{LIST}{tea.pk}/adjust/", form).status_code == 403
    browser.post(LIST, {"action": "unpublish", "_selected_action": [tea.pk]})
    tea.refresh_from_db()
    assert (tea.stock, tea.is_published) == (10, True)


def test_movements_are_for_looking(desk, tea):
    path = f"/admin/catalog/stockmovement/{tea.movements.get().pk}/"
    assert desk.get(f"{path}change/").status_code == 200
    assert desk.get(f"{path}delete/").status_code == 403
    assert desk.get("/admin/catalog/stockmovement/add/").status_code == 403


@pytest.mark.parametrize("path", [LIST, "/admin/catalog/stockmovement/"])
def test_lists_cost_the_same_for_any_number_of_rows(desk, path):
    ProductFactory.create_batch(5)
    few = count_statements(lambda: desk.get(path))
    ProductFactory.create_batch(45)
    assert count_statements(lambda: desk.get(path)) == few
    assert "Product" in desk.get(f"{path}?q=product").content.decode()
