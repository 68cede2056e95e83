"""The admin of products and stock movements."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from accounts.factories import UserFactory
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from catalog.services import archive_product
from shop.testing.budget import count_statements
from shop.testing.marks import on_one_database, on_one_engine
from shop.testing.pages import choose, confirm, form_of, messages_of

pytestmark = on_one_engine

LIST = "/admin/catalog/product/"


EDIT = {"name": "Green tea", "price": "5.00", "description": "", "stock": "999"}
ONE_MORE = {"delta": "1", "reason": "Found"}


def act(browser, action, *products):
    return messages_of(confirm(browser, LIST, action, *products))


def test_creating_a_product_records_its_initial_stock(admin_browser, amy):
    form = {"name": "Pot", "price": "12.50", "description": "", "stock": "7", "is_published": "on"}
    assert admin_browser.post(f"{LIST}add/", form).status_code == 302
    pot = Product.objects.get()
    assert (pot.name, str(pot.price), pot.stock, pot.is_published) == ("Pot", "12.50", 7, True)
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.delta, movement.actor) == ("initial", 7, amy.user)


@pytest.mark.parametrize(
    "field", [{"stock": "-1"}, {"price": "-1"}, {"stock": "1e3"}, {"name": ""}]
)
def test_the_form_shows_an_error_for_an_invalid_product(admin_browser, field):
    form = {"name": "Pot", "price": "12.50", "stock": "7", **field}
    assert admin_browser.post(f"{LIST}add/", form).status_code == 200
    assert not Product.objects.exists()


def test_editing_a_product_does_not_change_its_stock(admin_browser, tea):
    assert admin_browser.post(f"{LIST}{tea.pk}/change/", EDIT).status_code == 302
    tea.refresh_from_db()
    assert (tea.name, str(tea.price), tea.stock, tea.is_published) == (
        "Green tea",
        "5.00",
        10,
        False,
    )


def test_adjusting_stock_records_the_reason(admin_browser, amy, tea):
    response = admin_browser.post(
        f"{LIST}{tea.pk}/adjust/", {"delta": "-3", "reason": "Broken"}, follow=True
    )
    assert messages_of(response) == ["The stock of Tea is now 7."]
    tea.refresh_from_db()
    assert tea.stock == 7
    movement = StockMovement.objects.latest("pk")
    assert (movement.delta, movement.reason, movement.actor) == (-3, "Broken", amy.user)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"delta": "-11", "reason": "Lost"}, "“Tea” has only 10 left in stock."),
        ({"delta": "0", "reason": "Nothing"}, "Enter the number of units"),
        ({"delta": "5", "reason": ""}, "This field is required"),
        ({"delta": "99999999999", "reason": "x"}, "less than or equal"),
        ({"delta": "1000000000", "reason": "x"}, "at most 1000000000 units"),
    ],
)
def test_the_form_shows_an_error_for_an_invalid_adjustment(admin_browser, tea, form, message):
    response = admin_browser.post(f"{LIST}{tea.pk}/adjust/", form)
    assert response.status_code == 200
    assert message in response.content.decode()
    tea.refresh_from_db()
    assert (tea.stock, tea.movements.count()) == (10, 1)


def test_deleting_a_product_archives_it(admin_browser, tea):
    page = admin_browser.post(f"{LIST}{tea.pk}/delete/", {})
    assert "disappear from the shop" in page.content.decode()
    response = admin_browser.post(f"{LIST}{tea.pk}/delete/", {"post": "yes"}, follow=True)
    assert messages_of(response) == ["Archived: Tea."]
    tea.refresh_from_db()
    assert tea.archived_at is not None
    assert (tea.stock, tea.movements.count()) == (10, 1)


def test_archived_products_are_read_only_and_have_a_filter(admin_browser, tea):
    archive_product(product_id=tea.pk)
    pot = ProductFactory()
    assert list(admin_browser.get(LIST).context["cl"].queryset) == [pot]
    assert list(admin_browser.get(f"{LIST}?archived=1").context["cl"].queryset) == [tea]
    page = admin_browser.get(f"{LIST}{tea.pk}/change/").content.decode()
    assert "View product" in page
    assert "Adjust stock" not in page
    for way, form in [("change", EDIT), ("delete", {"post": "yes"}), ("adjust", ONE_MORE)]:
        assert admin_browser.post(f"{LIST}{tea.pk}/{way}/", form).status_code == 403
    tea.refresh_from_db()
    assert (tea.name, tea.stock, tea.is_published) == ("Tea", 10, False)


def test_a_message_says_that_a_product_was_archived_meanwhile(admin_browser, tea):
    def archive_after_a_read(execute, sql, params, many, context):
        rows = execute(sql, params, many, context)
        if 'FROM "catalog_product"' in sql:
            Product.objects.update(archived_at="2026-01-01T00:00Z")
        return rows

    for way, form in [("change", EDIT), ("delete", {"post": "yes"})]:
        with connection.execute_wrapper(archive_after_a_read):
            response = admin_browser.post(f"{LIST}{tea.pk}/{way}/", form)
        assert (response.status_code, response["Location"]) == (302, LIST)
        assert messages_of(admin_browser.get(LIST)) == [
            "This product does not exist or is not for sale."
        ]
        assert Product.objects.get().name == "Tea"


def test_actions_publish_unpublish_and_archive_after_confirmation(admin_browser, tea):
    assert act(admin_browser, "unpublish", tea) == ["Unpublished: Tea."]
    assert Product.objects.get().is_published is False
    assert act(admin_browser, "publish", tea) == ["Published: Tea."]
    assert Product.objects.get().is_published is True
    page = choose(admin_browser, LIST, "delete_selected", tea)
    assert "disappear from the shop" in page.content.decode()
    assert Product.objects.get().archived_at is None
    assert act(admin_browser, "delete_selected", tea) == ["Archived: Tea."]
    assert Product.objects.get().archived_at is not None


@pytest.mark.parametrize("action", ["publish", "unpublish", "delete_selected"])
def test_an_action_reports_archived_products_in_the_selection(admin_browser, tea, action):
    archived = ProductFactory(name="Gone")
    archive_product(product_id=archived.pk)
    page = choose(admin_browser, f"{LIST}?archived=1", action, archived)
    assert "This product does not exist or is not for sale." in page.content.decode()
    assert "_selected_action" not in form_of(page)
    page = choose(admin_browser, f"{LIST}?archived=1", action, archived, post="yes")
    assert messages_of(page) == ["Gone: This product does not exist or is not for sale."]
    tea.refresh_from_db()
    assert (tea.is_published, tea.archived_at) == (True, None)


@pytest.mark.parametrize("post", [{}, {"post": "yes"}])
def test_an_action_rejects_more_than_a_page_of_products(admin_browser, post):
    products = ProductFactory.create_batch(51)
    page = choose(admin_browser, LIST, "delete_selected", products[0], select_across="1", **post)
    assert messages_of(page) == ["Choose at most 50 at a time; nothing was changed."]
    assert not Product.objects.exclude(archived_at=None).exists()


def test_changes_by_staff_are_logged(admin_browser, tea):
    admin_browser.post(f"{LIST}{tea.pk}/adjust/", ONE_MORE)
    act(admin_browser, "unpublish", tea)
    history = admin_browser.get(f"{LIST}{tea.pk}/history/").content.decode()
    assert "Stock +1: Found." in history
    assert "Unpublished." in history


def test_the_view_permission_does_not_allow_changes(tea):
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_product"))
    browser = Client()
    browser.force_login(looker)
    assert browser.get(f"{LIST}{tea.pk}/change/").status_code == 200
    assert browser.post(f"{LIST}{tea.pk}/adjust/", ONE_MORE).status_code == 403
    assert browser.post(f"{LIST}{tea.pk}/change/", EDIT).status_code == 403
    assert browser.post(f"{LIST}{tea.pk}/delete/", {"post": "yes"}).status_code == 403
    for action in ("unpublish", "delete_selected"):
        assert choose(browser, LIST, action, tea, post="yes").status_code == 403
    tea.refresh_from_db()
    assert (tea.stock, tea.is_published) == (10, True)


def test_movements_are_read_only(admin_browser, tea):
    path = f"/admin/catalog/stockmovement/{tea.movements.get().pk}/"
    assert admin_browser.get(f"{path}change/").status_code == 200
    assert admin_browser.get(f"{path}delete/").status_code == 403
    assert admin_browser.get("/admin/catalog/stockmovement/add/").status_code == 403


@on_one_database
@pytest.mark.parametrize("path", [LIST, "/admin/catalog/stockmovement/"])
def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(admin_browser, path):
    ProductFactory.create_batch(5)
    few = count_statements(lambda: admin_browser.get(path))
    ProductFactory.create_batch(300)
    assert count_statements(lambda: admin_browser.get(path)) == few
    assert len(admin_browser.get(path).context["cl"].result_list) == 50


def test_products_can_be_searched_and_filtered(admin_browser, tea):
    hidden = ProductFactory(name="Tea pot", stock=0, is_published=False)
    wanted = {
        "q=TEA": [hidden, tea],
        "q=pot": [hidden],
        "stock=in": [tea],
        "stock=out": [hidden],
    }
    wanted |= {"is_published__exact=1": [tea], "is_published__exact=0": [hidden]}
    for query, products in wanted.items():
        assert list(admin_browser.get(f"{LIST}?{query}").context["cl"].result_list) == products


def test_the_movements_of_one_product_are_listed(admin_browser, tea):
    ProductFactory.create_batch(2)
    page = admin_browser.get(f"/admin/catalog/stockmovement/?product__id__exact={tea.pk}")
    assert [row.product for row in page.context["cl"].result_list] == [tea]
