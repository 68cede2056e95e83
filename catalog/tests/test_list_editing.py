"""The page of the admin that edits prices and publication of the products in a list."""

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.factories import staff_with
from catalog import services
from catalog.factories import ProductFactory
from catalog.models import Product, ProductChange
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import count_statements
from shop.testing.pages import form_of, messages_of, submit
from shop.testing.races import at_once

LIST, EDIT = "/admin/catalog/product/", "/admin/catalog/product/edit/"


def facts_of(*products):
    rows = Product.objects.in_bulk([product.pk for product in products])
    return [(str(rows[p.pk].price), rows[p.pk].is_published) for p in products]


def effects_of(page):
    return list(page.context["effects"])


def test_prices_and_publication_are_changed_after_a_preview(admin_browser, amy, tea, shirt):
    pot = ProductFactory(name="Pot", price="12.50", is_published=False)
    assert f'href="{EDIT}?q=tea"' in admin_browser.get(f"{LIST}?q=tea").content.decode()
    page = admin_browser.get(f"{EDIT}?o=1")
    assert f"price_{shirt.pk}" not in form_of(page)
    edited = {f"price_{tea.pk}": "5.00", f"is_published_{pot.pk}": "on"}
    form = form_of(page) | edited
    del form[f"is_published_{shirt.pk}"]
    page = admin_browser.post(f"{EDIT}?o=1", form)
    assert effects_of(page) == [
        ("Tea", "Price: 4.50 → 5.00"),
        ("Shirt", "Published: yes → no"),
        ("Pot", "Published: no → yes"),
    ]
    assert facts_of(tea, shirt, pot) == [("4.50", True), ("18.00", True), ("12.50", False)]
    confirmed = form_of(page)
    done = submit(admin_browser, page)
    assert done.redirect_chain == [(f"{LIST}?o=1", 302)]
    assert messages_of(done) == ["Changed: Tea, Shirt, Pot."]
    assert facts_of(tea, shirt, pot) == [("5.00", True), ("18.00", False), ("12.50", True)]
    assert not shirt.variants.filter(is_published=True).exists()
    assert [str(row.price) for row in tea.price_changes.order_by("pk")] == ["4.50", "5.00"]
    changed = ProductChange.objects.exclude(field="created").filter(user=amy.user, how="admin")
    assert changed.count() == 3
    assert LogEntry.objects.count() == 3
    again = admin_browser.post(f"{EDIT}?o=1", confirmed, follow=True)
    assert tea.price_changes.count() == 2
    assert "changed to" in again.content.decode()
    assert_audit_passes()


def test_rows_that_others_changed_meanwhile_are_refused_once_and_kept_otherwise(admin_browser, tea):
    pot = ProductFactory(name="Pot", price="12.50")
    page = admin_browser.get(EDIT)
    services.update_product(product_id=tea.pk, price=Decimal("4.80"))
    services.update_product(product_id=pot.pk, price=Decimal("13.00"))
    page = submit(admin_browser, page, **{f"price_{tea.pk}": "5.00"})
    (error,) = page.context["form"].errors[f"price_{tea.pk}"]
    assert error.startswith("This was changed to 4.80 since you opened the page.")
    page = submit(admin_browser, page)
    assert effects_of(page) == [("Tea", "Price: 4.80 → 5.00")]
    services.update_product(product_id=tea.pk, price=Decimal("4.90"))
    page = submit(admin_browser, page)
    assert facts_of(tea, pot) == [("4.90", True), ("13.00", True)]
    page = submit(admin_browser, submit(admin_browser, page))
    assert facts_of(tea, pot) == [("5.00", True), ("13.00", True)]


def test_the_list_form_refuses_what_the_services_refuse(admin_browser, tea, shirt):
    small = shirt.variants.get(sku="S-RED")
    page = admin_browser.get(f"{EDIT}?kind=all")
    assert f"is_published_{small.pk}" not in form_of(page)
    for changes, field, sentence in [
        ({}, "__all__", "No row was changed."),
        ({f"price_{tea.pk}": "-1"}, f"price_{tea.pk}", "Ensure this value is greater than"),
        ({f"price_{tea.pk}": "x"}, f"price_{tea.pk}", "Enter a number."),
        ({f"initial-price_{tea.pk}": "\x00"}, f"price_{tea.pk}", "This was changed to 4.50"),
    ]:
        errors = submit(admin_browser, page, **changes).context["form"].errors
        assert errors[field][0].startswith(sentence)
    services.archive_product(product_id=tea.pk)
    page = submit(admin_browser, page, **{f"price_{small.pk}": "17.00"})
    assert page.context["form"].non_field_errors() == [
        "Some products were archived since you opened the page."
    ]
    submit(admin_browser, submit(admin_browser, page))
    assert facts_of(shirt, small) == [("17.00", True), ("17.00", True)]
    assert_audit_passes()


def test_editing_the_list_needs_the_permission(tea):
    browser = Client()
    browser.force_login(staff_with("catalog.view_product"))
    assert "edit/?" not in browser.get(LIST).content.decode()
    assert (browser.get(EDIT).status_code, browser.post(EDIT).status_code) == (403, 403)


def test_the_statements_do_not_depend_on_the_number_of_rows(admin_browser, tea):
    def edit():
        page = admin_browser.get(EDIT)
        prices = {name: "7.00" for name in form_of(page) if name.startswith("price_")}
        assert len(effects_of(submit(admin_browser, page, **prices))) == len(prices)

    few = count_statements(edit)
    for number in range(10):
        ProductFactory(name=f"Pot {number}", price="12.50")
    assert count_statements(edit) == few


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_one_is_done(admin_browser, amy, tea):
    page = submit(admin_browser, admin_browser.get(EDIT), **{f"price_{tea.pk}": "5.00"})
    form = form_of(page)
    other = Client()
    other.force_login(amy.user)
    at_once(lambda: admin_browser.post(EDIT, form), lambda: other.post(EDIT, form))
    assert [str(row.price) for row in tea.price_changes.order_by("pk")] == ["4.50", "5.00"]
    assert ProductChange.objects.filter(field="price").count() == 1
