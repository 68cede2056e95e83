"""Imports find products and categories by exact keys: slugs, SKUs and names. They keep Unicode."""

import pytest

from catalog.models import Category, Product
from catalog.services import create_category, create_product, update_product
from catalog.tests.exchange import errors_of, everything, export, import_content
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

SHOPIFY = (
    "Handle,Title,Type,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n"
)


def slugs():
    return dict(Product.objects.values_list("name", "slug"))


def test_a_name_finds_no_other_product_with_the_same_slug():
    create_product(name="C++ guide", price="10.00", stock=3)
    assert import_content("name,price,stock\nC# guide,99.00,1\n")[0] == (1, 0, 0, 0)
    found = Product.objects.order_by("pk").values_list("name", "slug", "price", "stock")
    assert list(found) == [("C++ guide", "c-guide", 10, 3), ("C# guide", "c-guide-2", 99, 1)]
    assert import_content("name,price,stock\nC# guide,89.00,1\n")[0] == (0, 1, 0, 0)
    assert list(found.values_list("price", flat=True)) == [10, 89]
    assert_audit_passes()


def test_names_without_latin_letters_are_different_products():
    table = "name,price,stock\n緑茶,10.00,5\n紅茶,12.00,5\nЧай,14.00,5\n!!!,1.00,1\n???,2.00,1\n"
    assert import_content(table)[0] == (5, 0, 0, 0)
    assert slugs() == {
        "緑茶": "緑茶",
        "紅茶": "紅茶",
        "Чай": "чай",
        "!!!": "product",
        "???": "product-2",
    }
    before = everything()
    assert import_content(table)[0] == (0, 0, 5, 0)
    assert everything() == before


@pytest.mark.parametrize("batch", [1, 100])
def test_many_names_with_one_slug_are_imported_once(batch):
    signs = "!#$%&()*+/:;<>?@[]^{|}~"
    table = "name,price\n" + "".join(f"Q{sign},1.00\n" for sign in signs)
    assert import_content(table, batch=batch)[0] == (len(signs), 0, 0, 0)
    assert len(set(Product.objects.values_list("slug", flat=True))) == len(signs)
    assert import_content(table, batch=batch)[0] == (0, 0, len(signs), 0)


@pytest.mark.parametrize("name", ["green  TEA", " Green tea ", "Ｇreen tea", "GREEN\u00a0TEA"])
def test_a_name_is_equal_apart_from_case_width_and_spaces(name):
    tea = create_product(name="Green tea", price="4.00", slug="another-slug")
    assert import_content(f"name,price\n{name},5.00\n")[0] == (0, 1, 0, 0)
    tea.refresh_from_db()
    assert (str(tea.price), tea.slug) == ("5.00", "another-slug")


def test_a_name_of_several_products_is_refused():
    for _ in range(2):
        create_product(name="Tea", price="1.00")
    before = everything()
    counts, results = import_content("name,price\ntea,5.00\n")
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == [
        "line 2, name: 2 products have this name. Add the slug or the SKU."
    ]
    assert everything() == before


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("last", [",TEA,2.00", "tea,Another,2.00"])
def test_a_row_never_changes_the_product_of_an_earlier_row(last, batch):
    table = f"slug,name,price\n,Tea,1.00\n,Pot,3.00\n{last}\n"
    for created in (2, 0):
        counts, results = import_content(table, batch=batch)
        if last.startswith("tea") and batch == 100 and created:
            # The slug in the file is reserved, so that the first row gets another one.
            assert (counts, slugs()["Tea"]) == ((3, 0, 0, 0), "tea-2")
            return
        assert (counts[0], counts[3]) == (created, 1)
        assert "The product was already on line 2." in errors_of(results)[0]
    assert Product.objects.get(name="Tea").price == 1


def test_two_rows_about_one_product_are_not_both_imported():
    tea = create_product(name="Tea", price="1.00", stock=1)
    counts, results = import_content("slug,name,stock\ntea,Herbal tea,5\n,Tea,7\n")
    assert counts == (0, 1, 0, 1)
    assert errors_of(results) == [
        "line 3, name: The product was already on line 2. Put all its rows together."
    ]
    tea.refresh_from_db()
    assert (tea.name, tea.stock) == ("Herbal tea", 5)


def test_a_sku_finds_its_product_and_never_one_of_the_same_name():
    tea = create_product(name="Tea", price="1.00", sku="T-1")
    assert import_content("sku,name,price\nT-2,Tea,2.00\nT-1,Tea,3.00\n")[0] == (1, 1, 0, 0)
    tea.refresh_from_db()
    assert (str(tea.price), Product.objects.get(sku="T-2").slug) == ("3.00", "tea-2")


@pytest.mark.parametrize(
    ("handle", "slug"),
    [
        ("緑茶ギフト", "緑茶ギフト"),
        ("чайник-синий", "чайник-синий"),
        ("Чайник", "чайник"),
        ("café-creme", "café-creme"),
        ("cafe\u0301-creme", "café-creme"),
        ("x™", "xtm"),
        ("lego®-set", "lego®-set"),
        ("हिन्दी", "हिन्दी"),
        ("Straße", "strasse"),
        ("Old_Slug--1", "Old_Slug--1"),
    ],
)
def test_a_slug_in_a_file_is_the_slug(handle, slug):
    table = f"{SHOPIFY}{handle},Title,,Title,Default Title,,5,10.00\n"
    assert import_content(table)[0] == (1, 0, 0, 0)
    assert Product.objects.get().slug == slug
    assert import_content(table)[0] == (0, 0, 1, 0)
    assert import_content(export())[0] == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Straße", "strasse"),
        ("Ørsted Łódź", "orsted-lodz"),
        ("Crème brûlée", "creme-brulee"),
        ("İstanbul", "istanbul"),
        ("Men's shoes", "mens-shoes"),
        ("Tee\u200b 1.5 l", "tee-1-5-l"),
        ("Чайник №5", "чайник-no5"),
    ],
)
def test_a_name_makes_a_slug_that_people_can_read(name, slug):
    assert create_product(name=name, price="1.00").slug == slug


def test_types_that_differ_in_signs_are_different_categories():
    rows = "".join(
        f"tc{n},Lang {kind},{kind},Title,Default Title,,5,10.00\n"
        for n, kind in enumerate(("c#", "C", "C++", "c++"))
    )
    assert import_content(SHOPIFY + rows)[0] == (4, 0, 0, 0)
    assert dict(Product.objects.values_list("name", "category__name")) == {
        "Lang c#": "c#",
        "Lang C": "C",
        "Lang C++": "C++",
        "Lang c++": "C++",
    }
    found = Category.objects.order_by("pk").values_list("name", "slug")
    assert list(found) == [("c#", "c"), ("C", "c-2"), ("C++", "c-3")]
    before = everything()
    assert import_content(SHOPIFY + rows)[0] == (0, 0, 4, 0)
    assert everything() == before


def test_a_type_that_equals_the_slug_of_another_category_is_its_own_category():
    create_category(name="C#", slug="c")
    import_content(f"{SHOPIFY}a,A,c,Title,Default Title,,5,10.00\n")
    assert Product.objects.get().category.slug == "c-2"


def test_the_slug_of_a_category_in_a_file_is_its_slug():
    table = (
        "row,slug,name,category,price,sku,stock\n"
        "category,men--shoes,Men's shoes,,,,\n"
        "category,men_hats,Men's hats,,,,\n"
        "category,мужчины,Мужчины,men_hats,,,\n"
        "product,boot,Boot,men--shoes,10.00,B1,1\n"
        "product,hat,Hat,men_hats,10.00,H1,1\n"
        "product,cap,Cap,Men's  HATS,10.00,H2,1\n"
        "product,scarf,Scarf,new--scarves,10.00,S1,1\n"
    )
    assert import_content(table, dry_run=True)[0] == (7, 0, 0, 0)
    assert import_content(table)[0] == (7, 0, 0, 0)
    assert dict(Product.objects.values_list("slug", "category__slug")) == {
        "boot": "men--shoes",
        "hat": "men_hats",
        "cap": "men_hats",
        "scarf": "new--scarves",
    }
    found = Category.objects.order_by("pk").values_list("slug", "parent__slug")
    assert list(found) == [
        ("men--shoes", None),
        ("men_hats", None),
        ("мужчины", "men_hats"),
        ("new--scarves", None),
    ]
    assert import_content(table)[0] == (0, 0, 7, 0)
    assert import_content(export())[0] == (0, 0, 8, 0)


def test_a_category_without_letters_gets_a_slug():
    import_content("name,price,category\nA,1.00,***\nB,1.00,♥\nC,1.00,***\nD,1.00,!\n")
    found = Category.objects.order_by("slug").values_list("name", "slug")
    assert list(found) == [("***", "category"), ("!", "category-2"), ("♥", "♥")]


def test_an_archived_or_renamed_product_is_not_found_by_its_old_name():
    tea = create_product(name="Tea", price="1.00")
    update_product(product_id=tea.pk, name="Herbal tea")
    assert import_content("name,price\nTea,2.00\n")[0] == (1, 0, 0, 0)
    assert slugs() == {"Herbal tea": "tea", "Tea": "tea-2"}
