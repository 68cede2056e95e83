"""What an import refuses: whole files that cannot be read, and rows, named by line and column."""

import json
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from catalog.exchange.imports import FileError, files
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from catalog.services import create_product
from catalog.tests.exchange import bring, errors_of, everything

pytestmark = pytest.mark.django_db

GOOD = "slug,name,price\ntea,Tea,4.50\n"


def workbook(*rows):
    book, file = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        ("slug,name,price\nthé,Thé,1.00\n".encode("latin-1"), "line 2: It is not UTF-8"),
        (GOOD.encode("utf-16"), "It is UTF-16: save it as UTF-8."),
        (b"slug,name,price\ntea,T\x00a,1.00\n", "line 2: It holds a NUL"),
        (b"PK\x03\x04" + b"x" * 100, "It begins like a workbook and is none."),
        (b"\n\nslug\n", "line 1: The first line names the columns"),
        (b"description,price\nx,1.00\n", "line 1: A column is missing: slug, sku or name"),
        (b"slug,prise\ntea,1.00\n", "line 1, prise: No such column; there are: row, slug"),
        (b"slug,slug\ntea,tea\n", "line 1, slug: The header has this column twice."),
        (b"slug,,price\ntea,,1.00\n", "line 1, a column without a name: No such column"),
        (b"Handle,Variant Price\ntea,1.00\n", "line 1, Title: The column is missing."),
        (b'slug,name\ntea,"Tea\n', "line 2: Here the CSV breaks off: unexpected end of data"),
        (b'slug,name\ntea,"' + b"x" * 200_000, "line 2: Here the CSV breaks off: field larger"),
        (b"slug,name\n" + b"x" * 2_000_000, "line 2: The line has over 1,048,576 characters"),
        (b"x" * 2_000_000, "line 1: The line has over 1,048,576 characters"),
        (b"[", "line 1: The file ends before its list does"),
        (b'[{"slug": "tea"}\n{"slug": "pot"}]', "line 2: A comma or the end"),
        (b'[{"slug": "tea"},\nnull]', "line 2: A product is an object."),
        (b'{"goods": []}', "line 1: The file is a list of products"),
        (b"[" * 100_000, "line 1: This is no JSON, or too much"),
        (b'[{"slug": "' + b"x" * 3_000_000 + b'"}]', "line 1: This is no JSON, or too much"),
        (b'[{"slug": "tea", "variants": [1]}]', "line 1, variants: It is a list of objects."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(content, said):
    with pytest.raises(FileError) as refused:
        bring(content)
    assert str(refused.value).startswith(said)
    assert not Product.objects.exists()


def test_what_came_before_the_place_where_a_file_breaks_off_is_imported():
    rows = "slug,name,price\none,One,1.00\ntwo,Two,2.00\nthree,"
    with pytest.raises(FileError, match=r"^line 4: Here the CSV breaks off"):
        bring(rows + '"Three')
    assert set(Product.objects.values_list("slug", flat=True)) == {"one"}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("price=1,99", 'price: "1,99" is no price: write digits and a point, such as 1.99.'),
        ("price=abc", 'price: "abc" is no price: write digits and a point, such as 1.99.'),
        ("price=-1.00", 'price: "-1.00" is no price: write digits and a point, such as 1.99.'),
        ("price=1.999", 'price: "1.999" is no price: write digits and a point, such as 1.99.'),
        ("price=99999999999", 'price: "99999999999" is no price'),
        ("price=", "price: A new product has a price."),
        ("compare_at_price=1e3", 'compare_at_price: "1e3" is no price'),
        ("name=", "name: A new product has a name."),
        ("name=" + "x" * 201, "name: It has 201 characters, more than 200."),
        ("name=a\x07b", "name: It holds the control character U+0007."),
        ("description=" + "x" * 10_001, "description: It has 10,001 characters"),
        ("brand=" + "x" * 101, "brand: It has 101 characters, more than 100."),
        ("sku=" + "x" * 65, "sku: It has 65 characters, more than 64."),
        ("slug=ä", 'slug: "ä" is no slug'),
        ("stock=-1", "stock: It is -1: only what is sold on backorder may owe pieces."),
        ("stock=1.5", 'stock: "1.5" is no whole number'),
        ("stock=1000000001", 'stock: "1000000001" is no whole number from -1,000,000,000'),
        ("low_stock_threshold=-1", 'low_stock_threshold: "-1" is no whole number from 0'),
        ("backorder=maybe", 'backorder: "maybe" is neither true nor false.'),
        ("publish_at=soon", 'publish_at: "soon" is no time such as 2030-01-31T08:00:00Z.'),
        ("tags=a,A", 'tags: "a" comes twice.'),
        ("tags=" + ",".join(str(n) for n in range(51)), "tags: It has 51, more than 50."),
        ("tags=" + "x" * 51, "tags: It has 51 characters, more than 50."),
        ("category=***", 'category: "***" makes no slug.'),
        ("row=thing", 'row: "thing" is none of product, variant, picture'),
        ("attr.loose=true", "attr.loose: No such attribute; there are: none yet."),
        ("option1=Size", "stock: Pieces belong to the variants of a product that has options."),
    ],
)
def test_a_bad_cell_is_named_and_stops_nothing_else(cells, said):
    name, _, value = cells.partition("=")
    row = {"slug": "bad", "name": "Bad", "price": "1.00", "stock": "5", name: value}
    if name not in {"stock", "option1"}:
        row.pop("stock")
    header = ",".join(row)
    bad = ",".join('"' + cell.replace('"', '""') + '"' for cell in row.values())
    good = ",".join(
        {**dict.fromkeys(row, ""), "slug": "good", "name": "G", "price": "1.00"}.values()
    )
    counts, results = bring(f"{header}\n{good}\n{bad}\n{good.replace('good', 'better')}\n")
    assert counts == (2, 0, 0, 1)
    assert errors_of(results)[0].startswith(f"line 3, {said}")
    assert set(Product.objects.values_list("slug", flat=True)) == {"good", "better"}


def test_lines_count_what_a_cell_spans_and_every_fault_is_told():
    text = 'slug,name,price,stock\r\na,"two\r\nlines",1.00,1\r\n\r\nb,,x,y\r\n'
    counts, results = bring(text)
    assert counts == (1, 0, 0, 1)
    assert [fault.split(":")[0] for fault in errors_of(results)] == [
        "line 5, stock",
        "line 5, price",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffslug,name,price\ntea,Tea,4.50\n",
        "slug;name;price\r\ntea;Tea;4.50\r\n",
        "slug\tname\tprice\rtea\tTea\t4.50\r",
        'slug,name,price\n"tea","Tea","4.50"',
    ],
)
def test_marks_line_ends_and_dividers_of_every_spreadsheet_are_read(text):
    assert bring(text)[0] == (1, 0, 0, 0)
    assert Product.objects.values_list("slug", "name", "price").get() == ("tea", "Tea", 4.5)


def test_a_row_with_more_cells_than_the_header_is_a_fault():
    counts, results = bring("slug,name,price\ntea,Tea,1,99\npot,Pot,2.00,,\n")
    assert counts == (1, 0, 0, 1)
    assert errors_of(results)[0] == "line 2: The row has more cells than the header."


def test_a_sku_twice_in_the_file_or_in_the_shop_is_a_fault():
    create_product(name="Kettle", price="1.00", sku="K-1")
    counts, results = bring(
        "slug,name,price,sku\na,A,1.00,S\nb,B,1.00,S\nc,C,1.00,K-1\nd,D,1.00,S-2\n"
    )
    assert counts == (2, 0, 0, 2)
    assert errors_of(results) == [
        "line 3, sku: Line 2 has this SKU too.",
        'line 4, sku: "K-1" is the SKU of "Kettle" in the shop.',
    ]
    assert set(Product.objects.values_list("slug", flat=True)) == {"kettle", "a", "d"}


def test_a_product_one_of_whose_rows_is_bad_is_left_alone_whole():
    rows = "row,slug,name,option1,price,stock\n{}product,t,Shirt,Size,,\nvariant,,,S,{},1\nvariant,,,M,{},1\n"
    bring(rows.format("", "5.00", "6.00"))
    before = everything()
    counts, results = bring(rows.format("", "4.00", "abc"))
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == [
        'line 4, price: "abc" is no price: write digits and a point, such as 1.99.'
    ]
    assert everything() == before


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("product,tea,Tea,Size,,\n", "line 2, stock: Pieces belong to the variants"),
        ("product,tea,Tea,,,\nvariant,,,S,1.00,\n", "line 3, option1: Its product has no options."),
        ("product,new,New,Size,,\nvariant,,,,1.00,\n", "line 3, option1: Neither options nor"),
        ("product,new,New,Size,,\nvariant,,,S,,\n", "line 3, price: A new variant has a price."),
        ("product,new,New,Size,,\nvariant,pot,,S,1.00,\n", "line 3, slug: It is not that of"),
        ("variant,,,S,1.00,\n", "line 2, row: No product is above this variant."),
    ],
)
def test_variants_that_do_not_fit_their_product_are_refused(rows, said):
    ProductFactory(name="Tea", stock=10)
    counts, results = bring("row,slug,name,option1,price,stock\n" + rows)
    assert counts == (0, 0, 0, 1)
    assert errors_of(results)[0].startswith(said)
    assert Product.objects.count() == 1


def test_a_formula_in_a_workbook_is_refused_and_text_like_one_is_text():
    book, file = Workbook(), BytesIO()
    book.active.append(["slug", "name", "price"])
    book.active.append(["a", "=1+1", 1.5])
    book.active.append(["b", "=1+1", 2])
    book.active["B3"].data_type = "s"
    book.save(file)
    counts, results = bring(file.getvalue())
    assert counts == (1, 0, 0, 1)
    assert errors_of(results) == ["line 2, name: A formula is no value: paste what it shows."]
    assert Product.objects.values_list("slug", "name").get() == ("b", "=1+1")


def test_a_workbook_has_numbers_truths_and_times():
    at = datetime.fromisoformat("2030-01-31T08:00:00")
    rows = (["sku", "name", "price", "stock", "is_published", "publish_at"],)
    rows += ([1001, "Tea", 19.99, 5, False, at],)
    assert bring(workbook(*rows))[0] == (1, 0, 0, 0)
    tea = Product.objects.get()
    assert (tea.sku, str(tea.price), tea.stock, tea.is_published) == ("1001", "19.99", 5, False)
    assert tea.publish_at.isoformat() == "2030-01-31T08:00:00+00:00"
    assert bring(workbook(*rows))[0] == (0, 0, 1, 0)


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch):
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    assert len(packed.getvalue()) < 100_000
    monkeypatch.setattr(files, "MAX_UNPACKED", 40_000_000)
    with pytest.raises(FileError, match=r"^The workbook unpacks to too much"):
        bring(packed.getvalue())


def test_a_workbook_that_is_none_is_refused():
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("hello.txt", b"hello")
    with pytest.raises(FileError, match=r"^It begins like a workbook and is none"):
        bring(packed.getvalue())


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    with pytest.raises(FileError, match=r"^It has over 10 bytes"):
        bring(GOOD)


@pytest.mark.parametrize(
    ("product", "said"),
    [
        ({"slug": "a", "name": "A", "price": 1.999}, 'price: "1.999" is no price'),
        ({"slug": "a", "name": "A", "price": float("nan")}, 'price: "NaN" is no price'),
        ({"slug": "a", "name": "A\ud800", "price": 1}, "name: It holds the control character U+D8"),
        ({"slug": "a", "name": "A", "price": 1, "tags": ["a", "a"]}, 'tags: "a" comes twice.'),
        ({"title": "A", "price": 1, "discountPercentage": 120}, "discountPercentage:"),
        ({"title": "A", "price": "x", "discountPercentage": 10}, 'price: "x" is no price'),
        ({"title": "A", "price": 1, "images": ["file:///etc/x"]}, 'images: "file:///etc/x" is no'),
        ({"slug": "a", "name": "A", "price": 1, "pictures": [{"picture": "../../x"}]}, "picture:"),
    ],
)
def test_a_bad_member_of_json_is_named(product, said):
    counts, results = bring("[\n" + json.dumps(product) + "\n]", name="file.json")
    assert counts == (0, 0, 0, 1)
    assert any(fault.startswith(f"line 2, {said}") for fault in errors_of(results))
    assert not Product.objects.exists()


def test_the_command_tells_what_it_did_and_exits_with_1_for_what_it_refused(tmp_path, capsys):
    path = tmp_path / "new.csv"
    path.write_text(GOOD + "bad,Bad,abc\n")
    with pytest.raises(CommandError, match=r"^1 refused; the others are done$"):
        call_command("import_products", str(path))
    assert capsys.readouterr().out == (
        'refused bad: line 3, price: "abc" is no price: write digits and a point, such as 1.99.\n'
        "1 created, 0 changed, 0 unchanged, 1 refused\n"
    )
    path.write_text(GOOD.replace("4.50", "5.00"))
    call_command("import_products", str(path), "--dry-run")
    assert capsys.readouterr().out == (
        "changed tea: price 4.50 → 5.00\na dry run: 0 created, 1 changed, 0 unchanged, 0 refused\n"
    )
    path.write_text(GOOD + "bad,Bad,abc\nnew,New,1.00\n")
    with pytest.raises(CommandError, match="1 refused, so nothing was changed"):
        call_command("import_products", str(path), "--strict")
    assert Product.objects.count() == 1
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.csv"], "gone.csv: No such file or directory"),
        (["gone.csv", "--batch", "0"], "--batch is rows: 1 to 1000"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("import_products", *arguments)
