"""Errors of imports: unreadable files, and rows with invalid cells."""

import json
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from catalog.exchange import workbooks
from catalog.exchange.imports import FileError, files, json_file, sheets
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from catalog.services import create_product
from catalog.tests.exchange import errors_of, everything, import_content
from shop.core.conversions import ConversionError
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, on_one_database]

GOOD = "slug,name,price\ntea,Tea,4.50\n"


def workbook(*rows):
    book, file = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"slug,name,price\nth\x81,T,1.00\n", "line 2: The file is Windows-1252, but damaged"),
        (GOOD.encode("utf-16")[:-1], "line 2: The file is UTF-16, but damaged"),
        (b"slug,name,price\ntea,T\x00a,1.00\n", "line 2: The file contains a NUL"),
        (b"PK\x03\x04" + b"x" * 100, "The file is a damaged workbook."),
        (b"\n\n \n", "line 1: The first line must contain the names"),
        (b"description,price\nx,1.00\n", "line 1: At least one of the columns slug, sku and name"),
        (b"slug,slug\ntea,tea\n", "line 1, slug: The header contains this column twice."),
        (b"slug,price,Price \ntea,1.00,2.00\n", "line 1, Price: The header contains this column"),
        (b"Handle,Variant Price\ntea,1.00\n", "line 1, Title: This column is required."),
        (
            b'slug,name\ntea,"Tea\n',
            "line 2: The CSV is invalid from here on: unexpected end of data",
        ),
        (
            b'slug,name\ntea,"' + (b"x" * 70_000 + b"\n") * 20,
            "line 2: The CSV is invalid from here on: field larger",
        ),
        (b"slug,name\n" + b"x" * 2_000_000, "line 2: The line has more than 1,048,576 characters"),
        (b"a," * 300 + b"a\n1\n", "line 1: The first line must contain the names of at most 300"),
        (b"x" * 2_000_000, "line 1: The line has more than 1,048,576 characters"),
        (b"[", "line 1: The end of the list is missing"),
        (b'[{"slug": "tea"}\n{"slug": "pot"}]', "line 2: A comma or the end"),
        (b'[{"slug": "tea"},\nnull]', "line 2: A product must be an object."),
        (b'{"goods": []}', "line 1: The file must be a list"),
        (b"[" * 100_000, "line 1: The JSON is invalid or too long"),
        (b'[{"slug": "' + b"x" * 17_000_000 + b'"}]', "line 1: The JSON is invalid or too long"),
        (
            b'[{"slug": "tea", "variants": [1]}]',
            "line 1, variants: The value must be a list of objects.",
        ),
    ],
)
def test_an_unreadable_file_is_an_error(content, message):
    with pytest.raises(FileError) as refused:
        import_content(content)
    assert str(refused.value).startswith(message)
    assert not Product.objects.exists()


def test_products_before_a_file_error_are_imported():
    rows = "slug,name,price\none,One,1.00\ntwo,Two,2.00\nthree,"
    with pytest.raises(FileError, match=r"^line 4: The CSV is invalid from here on"):
        import_content(rows + '"Three')
    assert set(Product.objects.values_list("slug", flat=True)) == {"one"}


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("price=1,99", 'price: "1,99" is not a price such as 1.99.'),
        ("price=abc", 'price: "abc" is not a price such as 1.99.'),
        ("price=-1.00", 'price: "-1.00" is not a price such as 1.99.'),
        ("price=1.999", 'price: "1.999" is not a price such as 1.99.'),
        ("price=99999999999", 'price: "99999999999" is not a price'),
        ("price=", "price: A new product needs a price."),
        ("name=", "name: A new product needs a name."),
        ("sku=" + "x" * 256, "sku: The text has 256 characters, at most 255 allowed."),
        ("sku=a\x07b", "sku: The text contains the control character U+0007."),
        ("sku=4.00638E+12", 'sku: A spreadsheet has shortened the number to "4.00638E+12".'),
        ("slug=ä ö", 'slug: "ä ö" is not a slug. A slug has at most 255 letters, digits,'),
        ("slug=a\u202eb", "slug: "),
        ("slug=a\u200bb", "slug: "),
        ("slug=" + "x" * 256, "slug: "),
        ("stock=1.5", 'stock: "1.5" is not an integer'),
        ("stock=1000000001", 'stock: "1000000001" is not an integer from -1,000,000,000'),
        ("is_published=maybe", 'is_published: "maybe" is neither true nor false.'),
        ("publish_at=soon", 'publish_at: "soon" is not a time such as 2030-01-31T08:00:00Z.'),
        ("row=thing", 'row: "thing" must be one of product, variant, picture'),
        ("option1=Size", "stock: A product with options has no stock. Set that of its variants."),
    ],
)
def test_an_invalid_cell_only_skips_its_product(cells, message):
    name, _, value = cells.partition("=")
    row = {"slug": "bad", "name": "Bad", "price": "1.00", "stock": "5", name: value}
    if name not in {"stock", "option1"}:
        row.pop("stock")
    header = ",".join(row)
    bad = ",".join('"' + cell.replace('"', '""') + '"' for cell in row.values())
    good = ",".join(
        {**dict.fromkeys(row, ""), "slug": "good", "name": "G", "price": "1.00"}.values()
    )
    counts, results = import_content(f"{header}\n{good}\n{bad}\n{good.replace('good', 'better')}\n")
    assert counts == (2, 0, 0, 1)
    assert errors_of(results)[0].startswith(f"line 3, {message}")
    assert set(Product.objects.values_list("slug", flat=True)) == {"good", "better"}


def test_every_error_is_reported_with_its_line():
    text = 'slug,name,price,stock\r\na,"two\r\nlines",1.00,1\r\n\r\nb,,x,y\r\n'
    counts, results = import_content(text)
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
def test_csv_dialects_of_spreadsheets_are_read(text):
    assert import_content(text)[0] == (1, 0, 0, 0)
    assert Product.objects.values_list("slug", "name", "price").get() == ("tea", "Tea", 4.5)


def test_a_row_with_more_cells_than_the_header_is_an_error():
    counts, results = import_content("slug,name,price\ntea,Tea,1,99\npot,Pot,2.00,,\n")
    assert counts == (1, 0, 0, 1)
    assert errors_of(results)[0] == "line 2: The row has more cells than the header."


def test_a_duplicate_sku_is_an_error():
    create_product(name="Kettle", price="1.00", sku="K-1")
    counts, results = import_content(
        "slug,name,price,sku\na,A,1.00,S\nb,B,1.00,S\nc,C,1.00,K-1\nd,D,1.00,S-2\n"
    )
    assert counts == (2, 0, 0, 2)
    assert errors_of(results) == [
        "line 3, sku: Line 2 has the same SKU.",
        'line 4, sku: The existing product "Kettle" has the SKU "K-1".',
    ]
    assert set(Product.objects.values_list("slug", flat=True)) == {"kettle", "a", "d"}


def test_an_error_in_one_row_skips_the_whole_product():
    rows = "row,slug,name,option1,price,stock\n{}product,t,Shirt,Size,,\nvariant,,,S,{},1\nvariant,,,M,{},1\n"
    import_content(rows.format("", "5.00", "6.00"))
    before = everything()
    counts, results = import_content(rows.format("", "4.00", "abc"))
    assert counts == (0, 0, 0, 1)
    (error,) = errors_of(results)
    assert error.startswith('line 4, price: "abc" is not a price such as 1.99.')
    assert everything() == before


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("product,tea,Tea,Size,,\n", "line 2, stock: A product with options has no stock"),
        ("product,tea,Tea,,,\nvariant,,,S,1.00,\n", "line 3, option1: The product has no options."),
        (
            "product,new,New,Size,,\nvariant,,,,1.00,\n",
            "line 3, option1: The row has neither options nor",
        ),
        ("product,new,New,Size,,\nvariant,,,S,,\n", "line 3, price: A new variant needs a price."),
        (
            "product,new,New,Size,,\nvariant,pot,,S,1.00,\n",
            "line 3, slug: The slug differs from that of",
        ),
        ("variant,,,S,1.00,\n", "line 2, row: There is no product above this variant."),
    ],
)
def test_variants_must_match_their_product(rows, message):
    ProductFactory(name="Tea", stock=10)
    counts, results = import_content("row,slug,name,option1,price,stock\n" + rows)
    assert counts == (0, 0, 0, 1)
    assert errors_of(results)[0].startswith(message)
    assert Product.objects.count() == 1


def test_a_formula_in_a_workbook_is_an_error():
    book, file = Workbook(), BytesIO()
    book.active.append(["slug", "name", "price"])
    book.active.append(["a", "=1+1", 1.5])
    book.active.append(["b", "=1+1", 2])
    book.active["B3"].data_type = "s"
    book.save(file)
    counts, results = import_content(file.getvalue())
    assert counts == (1, 0, 0, 1)
    assert errors_of(results) == [
        "line 2, name: The cell contains a formula. Replace it by its value."
    ]
    assert Product.objects.values_list("slug", "name").get() == ("b", "=1+1")


def test_a_workbook_may_contain_numbers_booleans_and_times():
    at = datetime.fromisoformat("2030-01-31T08:00:00")
    rows = (["sku", "name", "price", "stock", "is_published", "publish_at"],)
    rows += ([1001, "Tea", 19.99, 5, False, at],)
    assert import_content(workbook(*rows))[0] == (1, 0, 0, 0)
    tea = Product.objects.get()
    assert (tea.sku, str(tea.price), tea.stock, tea.is_published) == ("1001", "19.99", 5, False)
    assert tea.publish_at.isoformat() == "2030-01-31T08:00:00+00:00"
    assert import_content(workbook(*rows))[0] == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("part", "size"),
    [("xl/worksheets/sheet1.xml", 50_000_000), ("xl/sharedStrings.xml", 6_000_000)],
)
def test_a_workbook_that_is_too_large_unpacked_is_an_error(part, size, monkeypatch):
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr(part, b"0" * size)
    assert len(packed.getvalue()) < 100_000
    monkeypatch.setattr(files, "MAX_UNPACKED", 40_000_000)
    with pytest.raises(FileError, match=r"^The unpacked workbook is too large"):
        import_content(packed.getvalue())


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("MAX_SHEET_ROWS", 2, "The sheet has more than 2 rows, of which some may be empty."),
        ("MAX_SHEET_CELLS", 5, "The sheet has more than 5 cells."),
        ("MAX_LINE", 15, "The row has more than 15 characters."),
    ],
)
def test_a_sheet_that_is_too_large_is_an_error(limit, value, message, monkeypatch):
    rows = [["sku", "name"], [], ["A", "x" * 12], ["B", "x" * 15]]
    read = list(workbooks._rows(BytesIO(workbook(*rows))))
    assert [line for line, _ in read] == [1, 3, 4]
    monkeypatch.setattr(workbooks, limit, value)
    with pytest.raises(workbooks.WorkbookError) as refused:
        list(workbooks._rows(BytesIO(workbook(*rows))))
    assert refused.value.reason.startswith(message)


def test_a_workbook_that_needs_too_much_time_is_an_error(monkeypatch):
    @contextmanager
    def failing(module, file):
        yield iter([])
        raise ConversionError

    monkeypatch.setattr(sheets, "converted", failing)
    with pytest.raises(FileError, match=r"^The workbook needs too much memory or time"):
        import_content(workbook(["sku", "name"]))


DEEP = '[{"slug": "a", "name": "A", "price": 1, "x": ' + "[" * 30 + "]" * 30 + "}]"


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (DEEP, "a.json", "line 1: The JSON is nested deeper than 20 levels"),
        (
            DEEP.replace("[" * 30, "[" * 400).replace("]" * 30, "]" * 400),
            "a.json",
            "line 1: The JSON",
        ),
        ("[" * 100_000, "a.json", "line 1: The JSON is invalid or too long"),
        ('[{"name": [' + "1," * 300_000 + "1]}]", "a.json", "line 1: The object has more than"),
        ("name,price\n" + '"\n",' * 400_000, "a.csv", "The row has more than 1,250,000"),
    ],
)
def test_a_file_that_would_need_much_memory_is_an_error(content, name, reason):
    with pytest.raises(FileError) as refused:
        import_content(content, name)
    assert reason in str(refused.value)
    assert not Product.objects.exists()


def test_an_object_may_have_only_short_members_before_its_products(monkeypatch):
    monkeypatch.setattr(json_file, "MAX_JSON_OBJECT", 100)
    tea = {"slug": "tea", "name": "Tea", "price": "4.50"}
    for length, others in ((50, 2), (40, 3)):
        content = {f"m{number}": "x" * length for number in range(others)} | {"products": [tea]}
        with pytest.raises(FileError, match=r"The members before the list of products are too"):
            import_content(json.dumps(content), "a.json")
        assert not Product.objects.exists()
    content = {"m1": "x" * 40, "m2": "x" * 40, "products": [tea]}
    assert import_content(json.dumps(content), "a.json")[0] == (1, 0, 0, 0)


@pytest.mark.parametrize("price", ["9" * 500_000, "1e999999999", "-1e-999999999"])
def test_a_number_of_any_length_is_an_error_of_its_row(price):
    content = f'[{{"slug": "a", "name": "A", "price": {price}}}]'
    counts, results = import_content(content, "a.json")
    assert counts == (0, 0, 0, 1)
    assert all(len(error) < 300 for error in errors_of(results))


def test_a_damaged_workbook_is_an_error():
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("hello.txt", b"hello")
    with pytest.raises(FileError, match=r"^The file is a damaged workbook"):
        import_content(packed.getvalue())


def test_a_file_that_is_too_large_is_an_error(monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    with pytest.raises(FileError, match=r"^The file has more than 10 bytes"):
        import_content(GOOD)


@pytest.mark.parametrize(
    ("product", "message"),
    [
        ({"slug": "a", "name": "A", "price": 1.999}, 'price: "1.999" is not a price'),
        ({"slug": "a", "name": "A", "price": float("nan")}, 'price: "NaN" is not a price'),
        ({"sku": 4.00638e22, "name": "A", "price": 1}, "sku: A spreadsheet has shortened the"),
        ({"sku": "A\ud800", "name": "A", "price": 1}, "sku: The text contains the control char"),
        ({"title": "A", "price": "x", "discountPercentage": 10}, 'price: "x" is not a price'),
    ],
)
def test_an_invalid_json_value_is_reported(product, message):
    counts, results = import_content("[\n" + json.dumps(product) + "\n]", name="file.json")
    assert counts == (0, 0, 0, 1)
    assert any(fault.startswith(f"line 2, {message}") for fault in errors_of(results))
    assert not Product.objects.exists()


def test_the_command_reports_errors_and_exits_with_1(tmp_path, capsys):
    path = tmp_path / "new.csv"
    path.write_text(GOOD + "bad,Bad,abc\n")
    with pytest.raises(CommandError, match=r"^1 refused; the others are done$"):
        call_command("import_products", str(path))
    assert capsys.readouterr().out == (
        'refused bad: line 3, price: "abc" is not a price such as 1.99. Write digits and a decimal '
        "point only.\n"
        "1 created, 0 changed, 0 unchanged, 1 refused\n"
        "1 of 2 are sold out: tea\n"
    )
    path.write_text(GOOD.replace("4.50", "5.00"))
    call_command("import_products", str(path), "--dry-run")
    assert capsys.readouterr().out == (
        "changed tea: price 4.50 → 5.00\na dry run: 0 created, 1 changed, 0 unchanged, 0 refused\n"
    )
    path.write_text(GOOD + "bad,Bad,abc\nnew,New,1.00\n")
    with pytest.raises(CommandError, match="Nothing was changed, because 1 were refused"):
        call_command("import_products", str(path), "--strict")
    assert Product.objects.count() == 1
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.csv"], "gone.csv: No such file or directory"),
        (["gone.csv", "--batch", "0"], "--batch must be 1 to 1000 rows"),
    ],
)
def test_the_command_reports_invalid_arguments(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("import_products", *arguments)
