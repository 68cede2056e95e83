"""Tax classes, weights, and what is not shipped: API, admin, import and export."""

import json
from functools import partial

import pytest

from catalog.factories import ProductFactory, ShirtFactory
from catalog.models import PriceChange, Product, ProductChange, StockMovement, TaxClass
from catalog.services import create_tax_class, delete_tax_class, update_product
from catalog.tax_classes.errors import TaxClassInUse
from catalog.tests.exchange import errors_of, everything, export, import_content, warnings_of
from shop.core.errors import InvalidField, NotFound, ShopError
from shop.testing.pages import form_of, messages_of
from shop.testing.races import at_once

LIST, CLASSES, PRODUCTS = "/api/products/", "/admin/catalog/taxclass/", "/admin/catalog/product/"
EBOOK = {"weight": 0, "requires_shipping": False, "tax_class": "books"}
NOT_KNOWN = "This tax class does not exist. Existing tax classes: books."

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(db):
    return create_tax_class(code="Books", name="Books")


def sent_as(product):
    product.refresh_from_db()
    return product.weight, product.requires_shipping, product.tax_class_id


def test_staff_set_weight_shipping_and_tax_class(amy, anyone, books):
    body = {"name": "E-book", "price": "9.00", **EBOOK, "tax_class": "BOOKS"}
    created = amy.post(LIST, body)
    assert created.status_code == 201
    assert EBOOK.items() <= created.json().items()
    page = f"{LIST}{created.json()['id']}/"
    changed = {"weight": 350, "requires_shipping": True, "tax_class": None}
    assert changed.items() <= amy.patch(page, changed).json().items()
    assert changed.items() <= anyone.get(page).json().items()
    assert changed.keys().isdisjoint(anyone.get(LIST).json()["products"][0])


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ({"tax_class": "food"}, NOT_KNOWN),
        ({"tax_class": "standard"}, NOT_KNOWN),
        ({"tax_class": 1}, "Expected a text."),
        ({"weight": -1}, "Ensure this value is greater than or equal to 0."),
        ({"weight": 1_000_000_001}, "Ensure this value is less than or equal to 1000000000."),
        ({"weight": 1.5}, "Expected a whole number, such as 3."),
        ({"requires_shipping": "no"}, "Expected true or false."),
    ],
)
def test_other_values_are_refused(amy, books, tea, field, sentence):
    before = everything()
    for response in (
        amy.patch(f"{LIST}{tea.pk}/", field),
        amy.post(LIST, {"name": "Pot", "price": "1.00", **field}),
    ):
        assert response.status_code == 400
        assert [(e["field"], e["detail"]) for e in response.json()["errors"]] == [
            (next(iter(field)), sentence)
        ]
    assert everything() == before


def test_a_variant_takes_them_from_its_product_unless_it_has_its_own(amy, books):
    body = {
        "name": "Novel",
        "price": "9.00",
        "options": ["Edition"],
        "weight": 400,
        "tax_class": "books",
        "variants": [{"choice": {"Edition": "Paper"}}, {"choice": {"Edition": "PDF"}, **EBOOK}],
    }
    novel = amy.post(LIST, body).json()
    paper, pdf = novel["variants"]
    assert (paper["weight"], paper["requires_shipping"], paper["tax_class"]) == (400, True, "books")
    assert EBOOK.items() <= pdf.items()
    new = amy.post(f"{LIST}{novel['id']}/variants/", {"choice": {"Edition": "Audio"}}).json()
    assert (new["weight"], new["requires_shipping"], new["tax_class"]) == (400, True, "books")


def test_a_value_for_a_product_is_one_for_all_its_variants(amy, books, shirt):
    small = shirt.variants.order_by("pk")[0]
    assert amy.patch(f"{LIST}{shirt.pk}/", {"weight": 180, "tax_class": "books"}).status_code == 200
    assert amy.patch(f"{LIST}{small.pk}/", {"weight": 150}).status_code == 200
    assert [sent_as(row) for row in [shirt, *shirt.variants.order_by("pk")]] == [
        (180, True, "books"),
        (150, True, "books"),
        (180, True, "books"),
        (180, True, "books"),
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tax_class=Books", ["Novel", "Shirt"]),
        ("tax_class=standard", ["Tea", "Shirt"]),
        ("requires_shipping=false", ["Novel"]),
        ("requires_shipping=true&tax_class=books", ["Shirt"]),
        ("tax_class=food", []),
    ],
)
def test_staff_filter_by_them_and_by_those_of_variants(amy, anyone, books, tea, query, names):
    ProductFactory(name="Novel", tax_class_id="books", requires_shipping=False)
    shirt = ShirtFactory()
    update_product(product_id=shirt.variants.order_by("pk")[0].pk, tax_class_id="books")
    page = amy.get(f"{LIST}?{query}").json()
    assert ([found["name"] for found in page["products"]], page["count"]) == (names, len(names))
    refused = anyone.get(f"{LIST}?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_field")


def test_the_code_of_a_class_is_unique_and_not_that_of_the_standard(books):
    for code in ("standard", "Standard", "", "two words"):
        with pytest.raises(InvalidField):
            create_tax_class(code=code, name="Standard")
    with pytest.raises(ShopError, match="already in use"):
        create_tax_class(code="BOOKS", name="More books")
    assert list(TaxClass.objects.values_list("code", "name")) == [("books", "Books")]


def test_a_class_is_managed_in_the_admin(admin_browser, tea):
    form = {"code": "Books", "name": "Books"}
    assert admin_browser.post(f"{CLASSES}add/", form).status_code == 302
    page = f"{CLASSES}{TaxClass.objects.get().pk}/"
    assert admin_browser.post(f"{page}change/", {"name": "Printed books"}).status_code == 302
    assert list(TaxClass.objects.values_list("code", "name")) == [("books", "Printed books")]
    update_product(product_id=tea.pk, tax_class_id="books")
    refused = admin_browser.post(f"{page}delete/", {"post": "yes"}, follow=True)
    sentence = "Products or tax rates have this tax class (products: 1)."
    assert messages_of(refused)[-1] == sentence
    update_product(product_id=tea.pk, tax_class_id=None)
    assert admin_browser.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    assert not TaxClass.objects.exists()


def test_products_are_edited_and_filtered_in_the_admin(admin_browser, books, tea):
    page = f"{PRODUCTS}{tea.pk}/change/"
    form = form_of(admin_browser.get(page))
    fields = {"weight": "250", "requires_shipping": "False", "tax_class": "books"}
    assert admin_browser.post(page, {**form, **fields}).status_code == 302
    assert sent_as(tea) == (250, False, "books")
    # the form of a release without these fields
    old = {"name": "Tea", "price": "4.50", "slug": "tea", "is_published": "on"}
    assert admin_browser.post(page, old).status_code == 302
    assert sent_as(tea) == (250, False, "books")
    for query, number in (
        ("tax_class__code__exact=books", 1),
        ("requires_shipping__exact=1", 0),
    ):
        assert admin_browser.get(f"{PRODUCTS}?{query}").context["cl"].result_count == number


def test_the_admin_sets_them_for_all_variants(admin_browser, books, shirt):
    page = f"{PRODUCTS}{shirt.pk}/change/"
    response = admin_browser.get(page)
    assert "is set for all variants" in response.content.decode()
    assert admin_browser.post(page, {**form_of(response), "weight": "90"}).status_code == 302
    assert {row.weight for row in Product.objects.all()} == {90}


def test_an_import_reads_them_and_a_new_variant_inherits(books):
    table = (
        "row,slug,name,option1,price,weight,requires_shipping,tax_class\n"
        "tax_class,food,Food,,,,,\n"
        "product,novel,Novel,Edition,,400,,Food\n"
        "variant,,,Paper,9.00,,,food\n"
        "variant,,,PDF,9.00,0,no,books\n"
        "variant,,,Audio,9.00,,,\n"
    )
    assert import_content(table, dry_run=True)[0] == (2, 0, 0, 0)
    assert not Product.objects.exists()
    assert import_content(table)[0] == (2, 0, 0, 0)
    assert [sent_as(row) for row in Product.objects.order_by("pk")] == [
        (400, True, "food"),
        (400, True, "food"),
        (0, False, "books"),
        (400, True, None),
    ]
    assert import_content(table)[0] == (0, 0, 2, 0)
    one_row = "slug,tax_class\nnovel,books\n"
    assert import_content(one_row)[0] == (0, 1, 0, 0)
    assert {row.tax_class_id for row in Product.objects.all()} == {"books"}


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_an_export_of_another_shop_brings_its_classes(form, books):
    ShirtFactory(tax_class_id="books", weight=120, requires_shipping=False)
    content, before = export(form), export("json")
    for model in (ProductChange, StockMovement, PriceChange):
        model.objects.all().delete()
    Product.objects.exclude(parent=None).delete()
    Product.objects.all().delete()
    books.delete()
    assert import_content(content, name=f"file.{form}")[0] == (2, 0, 0, 0)
    assert export("json") == before
    assert import_content(content, name=f"file.{form}")[0] == (0, 0, 2, 0)
    assert json.loads(before)[0] == {"row": "tax_class", "slug": "books", "name": "Books"}


@pytest.mark.parametrize(
    ("cells", "error", "warnings"),
    [
        ("true,food", f"line 2, tax_class: {NOT_KNOWN}", []),
        ("maybe,books", None, ['line 2, requires_shipping: "maybe" is neither true nor false. It']),
    ],
)
def test_a_wrong_tax_class_is_an_error_and_other_values_are_left_out(books, cells, error, warnings):
    counts, results = import_content(f"name,price,requires_shipping,tax_class\nTea,1.00,{cells}\n")
    assert errors_of(results) == ([error] if error else [])
    assert [found.split(" was left")[0] for found in warnings_of(results)] == warnings
    assert counts == ((0, 0, 0, 1) if error else (1, 0, 0, 0))
    assert Product.objects.count() == (0 if error else 1)


def test_shopify_has_grams_and_codes_of_taxes(books):
    table = (
        "Handle,Title,Variant Price,Variant Grams,Variant Weight Unit,Variant Requires Shipping,"
        "Variant Taxable,Variant Tax Code\n"
        "novel,Novel,9.00,453.5,lb,true,true,BOOKS\n"
        "voucher,Voucher,9.00,0.0,kg,FALSE,false,\n"
        "tea,Tea,9.00,,,,,PC040100\n"
    )
    _, results = import_content(table)
    products = Product.objects.order_by("pk")
    assert [sent_as(row) for row in products] == [
        (454, True, "books"),
        (0, False, None),
        (0, True, None),
    ]
    assert warnings_of(results) == [
        'line 3, Variant Taxable: "exempt" is not the code of a tax class. It was left out.',
        'line 4, Variant Tax Code: "PC040100" is not the code of a tax class. It was left out.',
    ]
    create_tax_class(code="exempt", name="Not taxed")
    import_content(table)
    assert [row.tax_class_id for row in products.all()] == ["books", "exempt", None]


@pytest.mark.django_db(transaction=True)
def test_a_class_is_not_deleted_while_a_product_takes_it(books):
    products = ProductFactory.create_batch(3)

    def attempt(call):
        try:
            return bool(call()) or True
        except (InvalidField, TaxClassInUse, NotFound):
            return False

    takes = [partial(update_product, product_id=p.pk, tax_class_id="books") for p in products]
    deletes = partial(delete_tax_class, tax_class_id=books.pk)
    *taken, deleted = at_once(*(partial(attempt, call) for call in (*takes, deletes)))
    assert deleted == (not any(taken))
    assert TaxClass.objects.exists() != deleted
    assert Product.objects.filter(tax_class_id="books").count() == sum(taken)
