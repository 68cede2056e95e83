"""Imports of tables of any form, with columns that are guessed or chosen."""

import pytest
from django.core.management import CommandError, call_command

from catalog.exchange.imports import Choices, FileError
from catalog.models import Product
from catalog.tests.exchange import errors_of, import_content, notices_of

pytestmark = pytest.mark.django_db

GERMAN = (
    "Artikel-Nr.;Bezeichnung;Preis (EUR);UVP;Lagerbestand;EAN;Hersteller;Warengruppe;Gewicht (kg);"
    "Bild;EK;Aktiv;Farbe\n"
    "T-1;Grüner Tee;1.004,50;;7;4006381333931;Blatt;Küche > Tee;0,25;"
    "https://e.com/a.jpg https://e.com/b.jpg;2,10;ja;grün\n"
    "T-2;Weißer Tee;12,00 USD;14;;;;;;;;nein;\n"
)
COLUMNS = (
    "columns: Artikel-Nr. as sku, Bezeichnung as name, Preis (EUR) as price, "
    "UVP as compare_at_price, Lagerbestand as stock, EAN as barcode, Hersteller as brand, "
    "Warengruppe as category_path, Gewicht (kg) as weight_in_kg, Bild as images, "
    "EK as private_metadata.cost, Aktiv as is_published"
)


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 without a byte order mark"),
        ("utf-8", "UTF-8"),
    ],
)
def test_columns_encoding_and_decimal_commas_are_detected_and_shown(encoding, title):
    assert notices_of(GERMAN.encode(encoding)) == [
        f"read as shop: {title}, semicolons, decimal commas",
        COLUMNS,
        "not read: Farbe, 1 row",
        "1 of 2 are sold out: weisser-tee",
    ]
    green = Product.objects.get(sku="T-1")
    assert (green.name, str(green.price), green.stock, green.weight) == (
        "Grüner Tee",
        "1004.50",
        7,
        250,
    )
    assert (green.barcode, green.brand, green.private_metadata) == (
        "4006381333931",
        "Blatt",
        {"cost": "2.10"},
    )
    assert (green.category.name, green.category.parent.name) == ("Tee", "Küche")
    assert green.images.count() == 2
    white = Product.objects.get(sku="T-2")
    assert (str(white.price), str(white.compare_at_price)) == ("12.00", "14.00")
    assert not white.is_published


def test_cyrillic_is_recognized():
    import_content("name,price\nЧайник синий,5.00\n".encode("cp1251"))
    assert Product.objects.get().name == "Чайник синий"


def test_a_file_with_both_decimal_marks_has_points():
    counts, results = import_content('name;price\na;"1,50"\nb;1.50\n')
    assert counts == (1, 0, 0, 1)
    assert errors_of(results) == [
        'line 2, price: "1,50" is not a price such as 1.99. Write digits and a decimal point only.'
    ]


def imported(text, tmp_path, *options):
    path = tmp_path / "new.csv"
    path.write_bytes(text.encode("cp1252"))
    call_command("import_products", str(path), *options)


def test_everything_can_be_chosen_on_the_command_line(tmp_path, capsys):
    text = "Nummer^Was^Kosten^Farbe^Preis\nT-1^Café^1.234^rot^9,99\n"
    imported(
        text,
        tmp_path,
        *("--map", "Nummer=sku", "--map", "Was=name", "--map", "Kosten=price", "--map", "Preis="),
        *("--map", "Farbe=metadata.colour", "--delimiter", "^", "--decimal", ","),
        *("--encoding", "cp1252"),
    )
    product = Product.objects.get(sku="T-1")
    assert (product.name, str(product.price), product.metadata) == (
        "Café",
        "1234.00",
        {"colour": "rot"},
    )
    assert (
        "read as shop: Windows-1252, the separator ^, decimal commas\n" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--map", "sku"], "--map must be COLUMN=FIELD"),
        (["--map", "Gone=sku"], 'The file has no column "Gone".'),
        (["--map", "name=thing"], 'There is no column "thing".'),
        (["--map", "name=name", "--format", "shopify"], "--map is only for tables"),
        (["--delimiter", "ab"], "--delimiter must be one character."),
        (["--encoding", "klingon"], "The encoding klingon is unknown."),
        (["--encoding", "utf-8"], "line 2: The file is UTF-8, but damaged here"),
    ],
)
def test_an_impossible_choice_is_an_error(options, message, tmp_path):
    with pytest.raises(CommandError, match=message.replace("(", r"\(")):
        imported("name,price\nCafé,1.00\n", tmp_path, *options)
    assert not Product.objects.exists()


def test_the_shops_own_columns_are_never_guessed_away():
    import_content("sku,name,price,Preis,Titel\nT-1,Tea,1.00,2.00,Tee\n")
    product = Product.objects.get()
    assert (product.name, str(product.price)) == ("Tea", "1.00")
    assert notices_of("sku,name,price,Preis,Titel\nT-1,Tea,1.00,2.00,Tee\n") == [
        "not read: Preis, 1 row; Titel, 1 row"
    ]


def test_keys_of_metadata_are_added_and_those_that_do_not_fit_are_left_out():
    import_content("sku,name,price,metadata.a,metadata.b\nT-1,Tea,1.00,1,2\n")
    long = "x" * 17_000
    _, results = import_content(f"sku,metadata.a,metadata.c,private_metadata.d\nT-1,,{long},4\n")
    product = Product.objects.get()
    assert (product.metadata, product.private_metadata) == ({"b": "2"}, {"d": "4"})
    assert [w.column for r in results for w in r.warnings] == ["metadata.c"]


def test_choices_for_a_missing_column():
    with pytest.raises(FileError, match="At least one of the columns slug, sku and name"):
        import_content("thing\n1\n")
    assert Choices().columns == {}
