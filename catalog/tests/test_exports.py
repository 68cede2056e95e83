"""Exports, which an import reads without changes."""

import json
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from catalog.models import Product
from catalog.services import create_product, update_product
from catalog.tests.exchange import FILES, empty_the_shop, errors_of, export, import_content
from shop.testing.budget import count_statements
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

SHOP = FILES / "shop.csv"


def as_exported(path):
    """Return the table as an export writes it, with CRLF except inside cells."""
    text = path.read_text().replace("\n", "\r\n").replace('strong"".\r\n', 'strong"".\n')
    return b"\xef\xbb\xbf" + text.encode()


@pytest.mark.parametrize("batch", [1, 2, 250])
def test_exporting_an_imported_table_returns_the_same_table(batch):
    import_content(SHOP, batch=batch)
    assert export() == as_exported(SHOP)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_round_trip_changes_no_byte(form):
    import_content(SHOP)
    import_content(FILES / "shopify.csv")
    update_product(product_id=Product.objects.get(slug="cloth").pk, name="Cloth, 'blue'")
    csv, before = export("csv"), export(form)
    empty_the_shop()
    assert export("json") == b"[]\n"
    counts, _ = import_content(before, name=f"file.{form}")
    assert counts == (17, 0, 0, 0)
    assert export(form) == before
    assert export("csv") == csv
    assert import_content(before, name=f"file.{form}")[0] == (0, 0, 17, 0)


def test_a_round_trip_with_a_workbook_changes_no_cell():
    import_content(SHOP)
    import_content(FILES / "shopify.csv")
    book, before = export("xlsx"), export("json")
    empty_the_shop()
    assert import_content(book, name="file.xlsx")[0] == (17, 0, 0, 0)
    assert export("json") == before
    rows = [list(load_workbook(BytesIO(b)).active.values) for b in (book, export("xlsx"))]
    assert rows[0] == rows[1]


def test_formulas_are_escaped_in_csv():
    for name in ("=1+1", "+1 cup", "-x", "@home", "'quoted", "\tx", "-3"):
        create_product(name=name, price="1.00")
    lines = export("csv").decode("utf-8-sig").splitlines()[1:]
    assert [line.split(",")[2] for line in lines] == [
        "'=1+1",
        "'+1 cup",
        "'-x",
        "'@home",
        "''quoted",
        "'\tx",
        "-3",
    ]
    cells = list(load_workbook(BytesIO(export("xlsx"))).active.rows)[1:]
    assert [(row[2].value, row[2].data_type) for row in cells][:2] == [
        ("=1+1", "s"),
        ("+1 cup", "s"),
    ]
    assert [p["name"] for p in json.loads(export("json"))][:2] == ["=1+1", "+1 cup"]


def test_exporting_some_products_includes_their_categories():
    import_content(SHOP)
    import_content("name,price,category\nPan,1.00,Pans\n")
    cloth, pot = Product.objects.get(slug="cloth"), Product.objects.get(slug="pot")
    entries = json.loads(export("json", only=[cloth.pk]))
    assert _slugs_of(entries) == ["cloth"]
    entries = json.loads(export("json", only=[pot.pk]))
    assert _slugs_of(entries) == ["drinks", "tea", "pot"]


def _slugs_of(entries):
    return [e["slug"] for e in entries if e["row"] in {"category", "product"}]


def test_the_number_of_statements_does_not_depend_on_the_number_of_products():
    import_content(SHOP)
    few = count_statements(export)
    import_content("name,price,tags\n" + "".join(f"P{n},1.00,t{n}\n" for n in range(100)))
    assert count_statements(export) == few


def test_the_command_never_leaves_a_partial_file(tmp_path, capsys):
    import_content(SHOP)
    for form in ("csv", "json", "xlsx"):
        call_command("export_products", str(tmp_path / f"all.{form}"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "all.json", "all.xlsx"]
    assert (tmp_path / "all.csv").read_bytes() == export()
    create_product(name="Bell", description="Ding\x07", price="1.00")
    with pytest.raises(CommandError, match="bell contains a character"):
        call_command("export_products", str(tmp_path / "bell.xlsx"))
    with pytest.raises(CommandError, match="Use a file name"):
        call_command("export_products", str(tmp_path / "all.ods"))
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("export_products", str(tmp_path / "away" / "all.csv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "all.json", "all.xlsx"]


def test_products_leave_for_shopify_and_come_back_the_same(admin_browser):
    import_content(FILES / "shopify.csv")
    shirt = Product.objects.get(slug="linen-shirt")
    more = {"seo_title": "Linen", "metadata": {"ERP-id": "7", "custom.care": "Wash"}}
    update_product(product_id=shirt.pk, private_metadata={"cost": "9.10"}, **more)
    update_product(product_id=shirt.variants.first().pk, barcode="4006381333931")
    content = admin_browser.get("/admin/catalog/product/export/?format=shopify").content
    assert content == export("shopify")
    before = export("json")
    assert import_content(content)[0] == (0, 0, 3, 0)
    empty_the_shop()
    counts, results = import_content(content)
    assert (counts, errors_of(results)) == ((3, 0, 0, 0), [])
    products, returned = (
        [entry for entry in json.loads(text) if entry["row"] == "product"]
        for text in (before, export("json"))
    )
    for entry in products:  # costs belong to variants there
        entry["private_metadata"] = {}
    assert returned == products
