"""An export is what the import reads: the same file comes out of the shop that it went into."""

import json
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from catalog.models import Attribute, Category, Product
from catalog.services import create_product, update_product
from catalog.tests.exchange import FILES, bring, export
from shop.testing.budget import count_statements

pytestmark = pytest.mark.django_db

SHOP = FILES / "shop.csv"


def empty_the_shop():
    from catalog.models import (
        PriceChange,
        ProductAttribute,
        ProductImage,
        ProductTag,
        StockMovement,
    )

    for model in (PriceChange, ProductAttribute, ProductImage, ProductTag, StockMovement):
        model.objects.all().delete()
    Product.objects.exclude(parent=None).delete()
    for model in (Product, Attribute):
        model.objects.all().delete()
    Category.objects.update(parent=None)
    Category.objects.all().delete()


def as_exported(path):
    """Our table as an export writes it: line ends of CRLF, but those inside a cell."""
    text = path.read_text().replace("\n", "\r\n").replace('strong"".\r\n', 'strong"".\n')
    return b"\xef\xbb\xbf" + text.encode()


@pytest.mark.parametrize("batch", [1, 2, 250])
def test_our_table_comes_out_as_it_went_in(batch):
    bring(SHOP, batch=batch)
    assert export() == as_exported(SHOP)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_round_trip_into_an_empty_shop_changes_no_byte(form):
    bring(SHOP)
    bring(FILES / "shopify.csv")
    update_product(product_id=Product.objects.get(slug="cloth").pk, name="Cloth, 'blue'")
    csv, before = export("csv"), export(form)
    empty_the_shop()
    assert export("json") == b"[]\n"
    counts, _ = bring(before, name=f"file.{form}")
    assert counts == (14, 0, 0, 0)
    assert export(form) == before
    assert export("csv") == csv
    assert bring(before, name=f"file.{form}")[0] == (0, 0, 14, 0)


def test_a_round_trip_by_workbook_changes_no_cell():
    bring(SHOP)
    bring(FILES / "shopify.csv")
    book, before = export("xlsx"), export("json")
    empty_the_shop()
    assert bring(book, name="file.xlsx")[0] == (14, 0, 0, 0)
    assert export("json") == before
    rows = [list(load_workbook(BytesIO(b)).active.values) for b in (book, export("xlsx"))]
    assert rows[0] == rows[1]


def test_no_spreadsheet_runs_what_a_product_is_called():
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


def test_only_some_products_bring_the_categories_that_they_need():
    bring(SHOP)
    bring("name,price,category\nPan,1.00,Pans\n")
    cloth, pot = Product.objects.get(slug="cloth"), Product.objects.get(slug="pot")
    entries = json.loads(export("json", only=[cloth.pk]))
    assert [e["slug"] for e in entries if e["row"] != "attribute"] == ["cloth"]
    entries = json.loads(export("json", only=[pot.pk]))
    assert [e["slug"] for e in entries if e["row"] != "attribute"] == ["drinks", "tea", "pot"]


def test_an_export_costs_the_same_for_one_product_and_for_a_hundred():
    bring(SHOP)
    few = count_statements(export)
    bring("name,price,tags\n" + "".join(f"P{n},1.00,t{n}\n" for n in range(100)))
    assert count_statements(export) == few


def test_the_command_writes_whole_files_alone(tmp_path, capsys):
    bring(SHOP)
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
