"""Each import says which columns it does not read, and which products it sells out."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from openpyxl import Workbook

from catalog.factories import ProductFactory
from catalog.models import Product
from catalog.tests.exchange import FILES, REAL, export, import_content, notices_of
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, on_one_database]

TABLE = (
    "\ufeffName, PRICE ,Stock,Rating,prise,,Attr.Grams\n"
    "Tea,4.00,3,400638,1,x,5\nPot,5.00,2,,,,\nCup,6.00,1,400639,,,\n"
)
NOT_READ = (
    "not read: Rating, 2 rows; prise, 1 row (did you mean price?); "
    "a column without a name, 1 row; attr.Grams, 1 row"
)


@pytest.mark.parametrize("dry_run", [True, False])
def test_unknown_columns_are_named_and_counted(dry_run):
    assert notices_of(TABLE, dry_run=dry_run) == [NOT_READ]
    assert Product.objects.count() == (0 if dry_run else 3)


def test_unknown_columns_of_a_workbook_are_named_and_counted(tmp_path):
    book = Workbook()
    for row in (["Name", "Price", "Stock", "Rating"], ["Tea", 4, 3, 1], ["Pot", 5, 2, None]):
        book.active.append(row)
    book.save(tmp_path / "new.xlsx")
    assert notices_of((tmp_path / "new.xlsx").read_bytes()) == ["not read: Rating, 1 row"]


def test_unknown_members_of_json_are_named_and_counted():
    product = {
        "name": "Shirt",
        "price": "1.00",
        "option": "x",
        "categories": ["a"],
        "image": "https://example.com/a.jpg",
        "brand": {"name": "Weaver"},
        "empty": None,
        "options": ["Size"],
        "pictures": [{"picture": "https://example.com/b.jpg", "width": 3}],
        "variants": [{"choice": ["S"], "stock": 1, "gender": "f"}, {"choice": ["M"], "stock": 1}],
    }
    assert notices_of(json.dumps([product, {"name": "Tea", "price": "1.00", "stock": 1}])) == [
        (
            "not read: option, 1 row (did you mean option3?); categories, 1 row; "
            "image, 1 row; brand, 1 row; pictures.width, 1 row; "
            "variants.gender, 1 row"
        )
    ]
    feed = [{"title": "Cap", "price": 1, "stock": 1, "weight": 4, "reviews": [{"rating": 1}]}] * 2
    feed[1] = {**feed[1], "title": "Hat"}
    assert notices_of(json.dumps({"products": feed})) == [
        "not read: weight, 2 rows; reviews, 2 rows"
    ]


def test_unknown_columns_of_shopify_are_named_and_counted():
    table = (
        "handle,TITLE,Variant Price,Variant Inventory Qty,Lead Time,Variant Grams,Gift Card\n"
        "a,A,1.00,1,400,,false\nb,B,1.00,1,,,false\n"
    )
    assert notices_of(table) == ["not read: Lead Time, 1 row; Gift Card, 2 rows"]


def test_columns_that_rows_of_a_kind_do_not_have_are_named():
    table = "row,name,price,stock,picture\nproduct,Tea,1.00,1,https://example.com/a.jpg\n"
    assert notices_of(table) == ["not read: picture of product rows, 1 row"]


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_an_export_is_read_completely(form):
    import_content(FILES / "shop.csv")
    assert notices_of(export(form)) == []


def test_products_that_are_sold_out_are_named(capsys, tmp_path):
    ProductFactory(name="Tea", stock=4)
    ProductFactory(name="Pot", stock=0)
    table = (
        "row,slug,name,option1,price,stock,backorder\n"
        "product,tea,Tea,,1.00,0,\nproduct,pot,Pot,,1.00,0,\nproduct,cup,Cup,,1.00,2,\n"
        "product,can,Can,,1.00,0,true\nproduct,hat,Hat,Size,,,\nvariant,,,S,1.00,0,\n"
        "product,cap,Cap,Size,,,\nvariant,,,S,1.00,0,\nvariant,,,M,1.00,3,\n"
    )
    assert notices_of(table, dry_run=True) == ["2 of 6 will be sold out: tea, hat"]
    (tmp_path / "new.csv").write_text(table)
    call_command("import_products", str(tmp_path / "new.csv"))
    assert capsys.readouterr().out.splitlines()[1:] == ["2 of 6 are sold out: tea, hat"]
    assert notices_of(table) == []


def test_a_file_without_stock_sells_out_every_new_product():
    table = "name,price\n" + "".join(f"P{n},1.00\n" for n in range(25))
    (notice,) = notices_of(table)
    assert notice.startswith("25 of 25 are sold out: p0, p1, ")
    assert notice.endswith("p19 and 5 more")


def test_the_admin_shows_what_is_not_read(admin_browser, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    table = TABLE.replace("Cup,6.00,1", "Cup,6.00,-1").encode()
    url = "/admin/catalog/product/import/"
    page = admin_browser.post(url, {"file": SimpleUploadedFile("new.csv", table)})
    done = admin_browser.post(url, {"confirm": page.context["confirmation"]})
    for response, verb in ((page, "will be"), (done, "are")):
        text = response.content.decode()
        assert NOT_READ in text
        assert f"1 of 3 {verb} sold out: cup" in text
        assert "Warning: line 4, Stock: The stock is -1" in text
    assert Product.objects.count() == 3


@pytest.mark.skipif(not REAL.exists(), reason=f"there are no real catalogs in {REAL}")
def test_a_real_feed_names_what_is_not_read():
    (notice, *_) = notices_of((REAL / "products.json").read_bytes(), name="products.json")
    assert notice.startswith("not read: id, 194 rows; rating, 194 rows; weight, 194 rows;")
