"""SKUs, slugs and options in files of spreadsheets are read as people see them, or refused."""

import json
from datetime import date
from io import BytesIO

import pytest
from openpyxl import Workbook

from catalog.models import Product
from catalog.tests.exchange import errors_of, everything, import_content
from shop.testing.marks import on_one_database, on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

_AS_TEXT = "Format the column as text and enter the value again."


def workbook(value, number_format="General", column="sku"):
    book, file = Workbook(), BytesIO()
    sheet = book.active
    sheet.append(["sku", "slug", "name", "price", "stock"])
    cells = {"sku": "S", "slug": "a", "name": "A", "price": 1.5, "stock": 1, column: value}
    sheet.append(list(cells.values()))
    cell = sheet.cell(2, list(cells).index(column) + 1)
    cell.number_format = number_format
    book.save(file)
    return file.getvalue()


@on_one_database
@pytest.mark.parametrize(
    ("value", "number_format", "sku"),
    [
        (1234, "00000000", "00001234"),
        (123456789, "00000000", "123456789"),
        (1234, "0", "1234"),
        (1234, "@", "1234"),
        (1234, "0.00", "1234.00"),
        (123456, "000-000-000", "000-123-456"),
        (1234567890, "000-000-000", "1234-567-890"),
        (42, '"SKU-"0000', "SKU-0042"),
        (42, r"\A\-000", "A-042"),
        (4006381333931, "General", "4006381333931"),
        (999999999999999, "0", "999999999999999"),
        (1.5, "General", "1.5"),
        (0.1 + 0.2, "General", "0.3"),
        ("000123", "@", "000123"),
        ("'000123", "@", "000123"),
        ("12345678901234567890", "@", "12345678901234567890"),
        (True, "General", "TRUE"),
    ],
)
def test_a_sku_of_a_workbook_is_the_text_that_people_see(value, number_format, sku):
    book = workbook(value, number_format)
    counts, results = import_content(book)
    assert (counts, errors_of(results)) == ((1, 0, 0, 0), [])
    assert Product.objects.get().sku == sku
    before = everything()
    assert import_content(book)[0] == (0, 0, 1, 0)
    assert everything() == before


@on_one_database
@pytest.mark.parametrize(
    ("value", "number_format", "reason"),
    [
        (
            12345678901234567890,
            "0",
            "The number 1.23456789012346e+19 has more than 15 digits, and a spreadsheet keeps only 15. ",
        ),
        (
            1.2345678901234567e19,
            "General",
            "The number 1.23456789012346e+19 has more than 15 digits, and a spreadsheet keeps only 15. ",
        ),
        (date(2026, 2, 1), "dd.mm.yyyy", "The spreadsheet has stored a date or time. "),
        (1234, "#,##0", 'The spreadsheet shows 1234 in the format "#,##0". '),
        (1.25, "0%", 'The spreadsheet shows 1.25 in the format "0%". '),
        (-5, "000", 'The spreadsheet shows -5 in the format "000". '),
        (
            "4.00638E+12",
            "@",
            (
                'A spreadsheet has shortened the number to "4.00638E+12". Format the column as text '
                "and enter the number again."
            ),
        ),
    ],
)
@pytest.mark.parametrize("column", ["sku", "slug"])
def test_a_number_that_a_spreadsheet_has_changed_is_refused(column, value, number_format, reason):
    counts, results = import_content(workbook(value, number_format, column))
    assert counts == (0, 0, 0, 1)
    expected = reason if reason.endswith("again.") else reason + _AS_TEXT
    assert errors_of(results) == [f"line 2, {column}: {expected}"]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("number_format", "price"), [("0.00", "1234.50"), ('#,##0.00 "€"', "1234.50")]
)
def test_an_amount_of_a_workbook_is_its_value(number_format, price):
    import_content(workbook(1234.5, number_format, "price"))
    assert str(Product.objects.get().price) == price


def test_an_error_of_a_workbook_is_refused():
    counts, results = import_content(workbook("#N/A", column="price"))
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == ["line 2, price: The cell contains the error #N/A."]


def test_option_values_of_a_workbook_are_read_as_shown():
    book, file = Workbook(), BytesIO()
    book.active.append(["row", "name", "option1", "price"])
    book.active.append(["product", "A", "Size", None])
    book.active.append(["variant", None, 7, 1])
    book.active.append(["variant", None, date(2026, 1, 2), 1])
    book.active["C3"].number_format = "000"
    book.save(file)
    _counts, results = import_content(file.getvalue())
    assert errors_of(results) == [
        f"line 4, option1: The spreadsheet has stored a date or time. {_AS_TEXT}"
    ]
    book.active["C4"] = "1-2"
    file = BytesIO()
    book.save(file)
    assert import_content(file.getvalue())[0] == (1, 0, 0, 0)
    variants = Product.objects.exclude(parent=None).order_by("pk")
    assert [variant.options for variant in variants] == [["007"], ["1-2"]]


@pytest.mark.parametrize("sku", ["4.00638E+12", "4,00638E+12", "1E+20"])
@pytest.mark.parametrize("form", ["own", "shopify", "json"])
def test_a_number_that_has_lost_digits_is_refused(form, sku):
    content, column = {
        "own": (f'sku;name;price\n"{sku}";A;1.00\n', "line 2, sku"),
        "shopify": (
            f'Handle,Title,Variant SKU,Variant Price\na,A,"{sku}",1.00\n',
            "line 2, Variant SKU",
        ),
        "json": (json.dumps([{"sku": sku, "name": "A", "price": "1.00"}]), "line 1, sku"),
    }[form]
    counts, results = import_content(content, name=f"file.{form}")
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == [
        (
            f'{column}: A spreadsheet has shortened the number to "{sku}". Format the column as text '
            "and enter the number again."
        )
    ]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("cell", "sku"),
    [("'000123", "000123"), ("000123", "000123"), ("1E5", "1E5"), ("'A1", "'A1"), ("''-1", "'-1")],
)
def test_leading_zeros_of_csv_are_kept(cell, sku):
    import_content(f"sku,name,price\n{cell},A,1.00\n")
    assert Product.objects.get().sku == sku


@pytest.mark.parametrize(
    "text", ["sep=;\r\nsku;name;price\r\nS;A;1.00\r\n", '"sep=;"\nsku;name;price\nS;A;1.00']
)
def test_the_separator_may_be_named(text):
    assert import_content(text)[0] == (1, 0, 0, 0)
    _counts, results = import_content(text.replace("1.00", "x"))
    assert errors_of(results)[0].startswith('line 3, price: "x"')
