"""The admin of variants, attributes and sales."""

import pytest

from catalog import services
from catalog.factories import CategoryFactory, SaleFactory
from catalog.models import Attribute, Product, Sale, StockMovement
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import count_statements
from shop.testing.marks import on_one_database

pytestmark = on_one_database

LIST, SALES = "/admin/catalog/product/", "/admin/catalog/sale/"
ATTRIBUTES = "/admin/catalog/attribute/"
PLAIN = {"name": "Tea", "price": "4.50", "slug": "tea", "is_published": "on", "backorder": ""}


def messages_of(page):
    return [str(message) for message in page.context["messages"]]


def test_a_product_is_created_with_tags_and_attributes(admin_browser):
    services.create_attribute(name="Litres", slug="litres", kind="number")
    services.create_attribute(name="Clay", slug="clay", kind="boolean")
    form = {
        **PLAIN,
        "tag_words": "green, loose leaf",
        "option_names": "Size",
        "attribute_litres": "1.5",
        "attribute_clay": "unknown",
        "stock": "0",
        "publish_at_0": "2099-01-01",
        "publish_at_1": "08:00",
    }
    assert admin_browser.post(f"{LIST}add/", form).status_code == 302
    tea = Product.objects.get()
    assert (tea.options, tea.has_variants, tea.publish_at.year) == (["Size"], True, 2099)
    assert sorted(row.tag for row in tea.tags.all()) == ["green", "loose leaf"]
    assert [str(row.number) for row in tea.attributes.all()] == ["1.500000"]


def test_editing_changes_only_the_edited_fields(admin_browser, tea):
    services.create_attribute(name="Litres", slug="litres", kind="number")
    services.update_product(product_id=tea.pk, tags=["green"], attributes={"litres": 2})
    page = admin_browser.get(f"{LIST}{tea.pk}/change/").content.decode()
    assert 'value="green"' in page
    assert 'name="attribute_litres"' in page
    form = {**PLAIN, "tag_words": "green, black", "attribute_litres": "", "sku": "T-1"}
    assert admin_browser.post(f"{LIST}{tea.pk}/change/", form).status_code == 302
    tea.refresh_from_db()
    assert (tea.sku, tea.stock, tea.keywords) == ("T-1", 10, "black green T-1")
    assert not tea.attributes.exists()
    assert tea.price_changes.count() == 1
    assert_audit_passes()


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"tag_words": "a, A"}, "only once"),
        ({"tag_words": "x" * 256}, "255 characters"),
        ({"option_names": "a, b, c, d"}, "at most 3 items"),
        ({"attribute_litres": "many"}, "Enter a number"),
        ({"attribute_litres": "9999999999"}, "less than or equal"),
        ({"compare_at_price": "-1"}, "greater than or equal"),
    ],
)
def test_the_form_shows_an_error_for_invalid_values(admin_browser, tea, field, message):
    services.create_attribute(name="Litres", slug="litres", kind="number")
    response = admin_browser.post(f"{LIST}{tea.pk}/change/", {**PLAIN, "name": "Other", **field})
    assert response.status_code == 200
    assert message in response.content.decode()
    tea.refresh_from_db()
    assert tea.name == "Tea"


def test_an_error_of_a_service_is_shown_and_nothing_is_saved(admin_browser, tea, shirt):
    form = {**PLAIN, "name": "Other", "sku": "S-RED"}
    page = admin_browser.post(f"{LIST}{tea.pk}/change/", form, follow=True)
    form = page.context["adminform"].form
    assert form.errors == {"sku": ["The SKU “S-RED” is already in use. Please choose another."]}
    assert form["name"].value() == "Other"
    tea.refresh_from_db()
    assert (tea.name, tea.sku) == ("Tea", "")


def test_a_variant_is_added_on_a_separate_page(admin_browser, amy, shirt):
    path = f"{LIST}{shirt.pk}/variant/"
    assert "Add a variant" in admin_browser.get(f"{LIST}{shirt.pk}/change/").content.decode()
    assert 'name="option_value_1"' in admin_browser.get(path).content.decode()
    form = {
        "option_value_0": "L",
        "option_value_1": "Red",
        "price": "21.00",
        "stock": "4",
        "sku": "L-RED",
    }
    page = admin_browser.post(path, form, follow=True)
    assert messages_of(page) == ["Added: Shirt – L / Red."]
    made = Product.objects.get(sku="L-RED")
    assert (made.options, str(made.price), made.stock) == (["L", "Red"], "21.00", 4)
    assert StockMovement.objects.latest("pk").actor == amy.user
    refused = admin_browser.post(path, {**form, "sku": ""})
    assert "already has a variant with the options" in refused.content.decode()
    assert shirt.variants.count() == 4
    assert_audit_passes()


def test_the_page_of_a_variant_has_its_own_fields(admin_browser, shirt):
    small = shirt.variants.get(sku="S-RED")
    page = admin_browser.get(f"{LIST}{small.pk}/change/").content.decode()
    assert 'name="price"' in page
    assert 'name="name"' not in page
    form = {"option_value_0": "XS", "option_value_1": "Red", "price": "22.00"}
    form |= {"sku": "S-RED-2", "position": "7"}
    assert admin_browser.post(f"{LIST}{small.pk}/change/", form).status_code == 302
    small.refresh_from_db()
    assert (str(small.price), small.sku, small.position) == ("22.00", "S-RED-2", 7)
    assert (small.options, small.name) == (["XS", "Red"], "Shirt – XS / Red")
    assert_audit_passes()


def test_a_product_without_options_has_no_page_to_add_variants(admin_browser, tea, shirt):
    assert admin_browser.get(f"{LIST}{tea.pk}/variant/").status_code == 404
    assert admin_browser.get(f"{LIST}{shirt.pk}/variant/").status_code == 200


def test_the_list_is_filtered_by_kind(admin_browser, settings, tea, shirt):
    settings.LOW_STOCK_THRESHOLD = None
    small = shirt.variants.get(sku="S-RED")
    services.update_product(product_id=small.pk, low_stock_threshold=5)
    wanted = {
        "": {tea, shirt},
        "kind=variants": set(shirt.variants.all()),
        "kind=all": {tea, shirt, *shirt.variants.all()},
        "stock=low": {small},
        "q=M-BLUE": {shirt},
        "q=M-BLUE&kind=all": {shirt, shirt.variants.get(sku="M-BLUE")},
    }
    for query, products in wanted.items():
        assert set(admin_browser.get(f"{LIST}?{query}").context["cl"].result_list) == products


def test_the_list_shows_the_stock_of_all_variants(admin_browser, tea, shirt):
    small, *_ = shirt.variants.order_by("pk")
    services.update_product(product_id=small.pk, track_stock=False)
    listed = {row.pk: row.units for row in admin_browser.get(LIST).context["cl"].result_list}
    assert listed == {tea.pk: 10, shirt.pk: 3}
    variants = admin_browser.get(f"{LIST}?kind=variants&o=5").context["cl"].result_list
    assert [row.units for row in variants if row.units is not None] == [0, 3]
    assert "not tracked" in admin_browser.get(f"{LIST}?kind=variants").content.decode()


def test_the_number_of_statements_does_not_depend_on_the_number_of_variants(admin_browser, shirt):
    path = f"{LIST}{shirt.pk}/change/"
    few = count_statements(lambda: admin_browser.get(path))
    for size in range(20):
        new = {"choice": {"Size": str(size), "Colour": "Red"}}
        services.create_variant(product_id=shirt.pk, variant=new)
    assert count_statements(lambda: admin_browser.get(path)) == few


def test_a_sale_is_created_changed_and_ended(admin_browser, anyone, tea):
    kitchen = CategoryFactory()
    form = {
        "name": "Winter",
        "kind": "percent",
        "value": "20",
        "starts_at_0": "2099-01-01",
        "starts_at_1": "08:00",
        "products": [tea.pk],
        "categories": [kitchen.pk],
    }
    assert admin_browser.post(f"{SALES}add/", form).status_code == 302
    sale = Sale.objects.get()
    assert ([*sale.products.all()], [*sale.categories.all()]) == ([tea], [kitchen])
    admin_browser.post(f"{SALES}{sale.pk}/change/", {**form, "value": "30", "products": []})
    sale.refresh_from_db()
    assert (str(sale.value), sale.products.count(), sale.categories.count()) == ("30.00", 0, 1)
    admin_browser.post(f"{SALES}{sale.pk}/delete/", {"post": "yes"})
    assert not Sale.objects.exists()


def test_the_value_of_a_started_sale_is_read_only(admin_browser, tea):
    sale = SaleFactory(product_ids=[tea.pk])
    form = {"name": "Longer", "value": "90", "ends_at_0": "2099-01-01", "ends_at_1": "08:00"}
    assert admin_browser.post(f"{SALES}{sale.pk}/change/", form).status_code == 302
    sale.refresh_from_db()
    assert (sale.name, str(sale.value), sale.ends_at.year) == ("Longer", "20.00", 2099)
    admin_browser.post(f"{SALES}{sale.pk}/delete/", {"post": "yes"})
    assert Sale.objects.get().ends_at.year != 2099


def test_an_attribute_is_created_and_cannot_be_deleted_while_in_use(admin_browser, tea):
    form = {"name": "Material", "slug": "material", "kind": "choice", "choices": "Clay\nGlass"}
    assert admin_browser.post(f"{ATTRIBUTES}add/", form).status_code == 302
    material = Attribute.objects.get()
    assert material.choices == ["Clay", "Glass"]
    services.update_product(product_id=tea.pk, attributes={"material": "Clay"})
    page = admin_browser.post(
        f"{ATTRIBUTES}{material.pk}/change/", {**form, "choices": "Glass"}, follow=True
    )
    in_use = "Products with this attribute or choice: 1. Remove it from them first."
    assert page.context["adminform"].form.errors == {"choices": [in_use]}
    material.refresh_from_db()
    assert material.choices == ["Clay", "Glass"]
    page = admin_browser.post(f"{ATTRIBUTES}{material.pk}/delete/", {"post": "yes"}, follow=True)
    assert Attribute.objects.exists()
