"""``manage.py load_tax_rates``: all rows of a file or none, each once."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from cart.taxes.factories import create_tax_rate
from cart.taxes.models import TaxRate
from catalog.models import TaxClass
from shop.core.models import ConfigurationRevision

HEADER = "country,region,tax_class,rate,name,source,valid_from"
LAW = "§ 12 UStG"


@pytest.fixture
def load(db, tmp_path, capsys):
    TaxClass.objects.create(code="books", name="Books")

    def load(*rows, header=HEADER, **options):
        file = tmp_path / "rates.csv"
        file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8-sig")
        call_command("load_tax_rates", str(file), **options)
        return capsys.readouterr().out.splitlines()

    return load


def stored():
    rows = TaxRate.objects.order_by("country", "region", "tax_class", "valid_from")
    return [
        (r.country, r.region, r.tax_class and r.tax_class.code, r.rate, r.name, r.source)
        for r in rows.select_related("tax_class")
    ]


def test_a_file_is_loaded_once(load):
    rows = [
        f"DE,,,19,VAT,{LAW},2026-01-01",
        f"de,,books,7.0,VAT,{LAW},2026-01-01",
        "US,california,standard,7.25,Sales tax,CDTFA,2026-01-01",
    ]
    assert load(*rows, dry_run=True)[-1] == "3 created, 0 changed, 0 unchanged (dry run)"
    assert stored() == []
    assert load(*rows) == [
        "created: DE: VAT 19 %, standard, from 2026-01-01",
        "created: DE: VAT 7 %, books, from 2026-01-01",
        "created: US CA: Sales tax 7.25 %, standard, from 2026-01-01",
        "3 created, 0 changed, 0 unchanged",
    ]
    expected = [
        ("DE", "", "books", Decimal(7), "VAT", LAW),
        ("DE", "", None, Decimal(19), "VAT", LAW),
        ("US", "CA", None, Decimal("7.25"), "Sales tax", "CDTFA"),
    ]
    assert sorted(stored(), key=str) == sorted(expected, key=str)
    revision = str(ConfigurationRevision.objects.get())
    assert load(*rows) == ["0 created, 0 changed, 3 unchanged"]
    assert str(ConfigurationRevision.objects.get()) == revision
    assert load("DE,,,16,VAT,A new law,2026-01-01", "DE,,,19,VAT,Later,2027-01-01") == [
        "created: DE: VAT 19 %, standard, from 2027-01-01",
        f"changed: DE: VAT 16 %, standard, from 2026-01-01: rate was 19, source was {LAW}",
        "1 created, 1 changed, 0 unchanged",
    ]
    assert str(ConfigurationRevision.objects.get()) != revision


def test_a_rate_of_zero_has_a_reason(load):
    load(f"CH,,,0,VAT,{LAW},2026-01-01,export", header=f"{HEADER},reason")
    assert TaxRate.objects.get().reason == "export"


WRONG = {
    "XX,,,19,VAT,Law,2026-01-01": "Line 3: “XX” is not the code of a country, such as DE.",
    "AT,,food,19,VAT,Law,2026-01-01": (
        "Line 3: there is no tax class “food”; add it in the admin first, or leave it empty."
    ),
    "AT,,,19 %,VAT,Law,2026-01-01": (
        "Line 3: “19 %” is not a percentage from 0 to 100 with up to three decimals."
    ),
    "AT,,,100.5,VAT,Law,2026-01-01": (
        "Line 3: “100.5” is not a percentage from 0 to 100 with up to three decimals."
    ),
    "AT,,,NaN,VAT,Law,2026-01-01": (
        "Line 3: “NaN” is not a percentage from 0 to 100 with up to three decimals."
    ),
    "AT,,,5.1234,VAT,Law,2026-01-01": (
        "Line 3: “5.1234” is not a percentage from 0 to 100 with up to three decimals."
    ),
    "AT,,,20,VAT, ,2026-01-01": "Line 3: source is missing.",
    "AT,,,20,,Law,2026-01-01": "Line 3: name is missing.",
    "AT,,,20,VAT,Law,": "Line 3: valid_from must be a date such as 2026-01-01, not “”.",
    "AT,,,20,VAT,Law,1.1.2026": (
        "Line 3: valid_from must be a date such as 2026-01-01, not “1.1.2026”."
    ),
    "DE,,,20,VAT,Law,2026-01-01": "Line 3: the file has this place, class and day twice.",
    "AT,,,20,VAT,Law,2026-01-01,x,y": "Line 3: it has more values than there are columns.",
    f"AT,,,20,{'x' * 101},Law,2026-01-01": "Line 3: name has more than 100 characters.",
}


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row[:30])
def test_a_file_with_an_error_changes_nothing(load, row):
    create_tax_rate("DE", "18", valid_from=date(2026, 1, 1))
    before = stored()
    with pytest.raises(CommandError) as error:
        load("DE,,,19,VAT,Law,2026-01-01", row)
    assert str(error.value).splitlines() == ["Nothing was changed.", WRONG[row]]
    assert stored() == before


def test_a_row_without_its_last_values_is_refused(load):
    with pytest.raises(CommandError, match=r"source is missing\.\nLine 2: valid_from must be"):
        load("AT,,,20,VAT")


def test_columns_are_those_that_are_documented(load):
    with pytest.raises(CommandError) as error:
        load("AT", header="country,region,tax class,rate,name,valid_from,law")
    assert str(error.value).splitlines() == [
        "Nothing was changed.",
        "The column source is missing.",
        "The column law is unknown.",
        "The columns are country, region, tax_class, rate, name, source, valid_from, reason.",
    ]


def test_files_that_cannot_be_read(db, tmp_path):
    with pytest.raises(CommandError, match="The file cannot be read: No such file or directory"):
        call_command("load_tax_rates", str(tmp_path / "none.csv"))
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + "\nDE,,,19,Türsteuer".encode("latin-1"))
    with pytest.raises(CommandError, match="not in UTF-8"):
        call_command("load_tax_rates", str(tmp_path / "latin.csv"))
    (tmp_path / "empty.csv").write_text(HEADER)
    with pytest.raises(CommandError, match="The file has no rows"):
        call_command("load_tax_rates", str(tmp_path / "empty.csv"))
