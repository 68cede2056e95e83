"""Imports of tables of any form, with columns that are guessed or chosen."""

import pytest
from django.core.management import CommandError, call_command

from catalog.exchange.imports import Choices, FileError
from catalog.models import Collection, Product, ProductImage
from catalog.tests.exchange import errors_of, import_content, notices_of, warnings_of
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

GERMAN = (
    "Artikel-Nr.;Bezeichnung;Preis (USD);UVP;Lagerbestand;EAN;Hersteller;Warengruppe;Gewicht (kg);"
    "Bild;EK;Aktiv;Farbe\n"
    "T-1;Grüner Tee;1.004,50;;7;4006381333931;Blatt;Küche > Tee;0,25;"
    "https://e.com/a.jpg https://e.com/b.jpg;2,10;ja;grün\n"
    "T-2;Weißer Tee;12,00 USD;14;;;;;;;;nein;\n"
)
COLUMNS = (
    "columns: Artikel-Nr. as sku, Bezeichnung as name, Preis (USD) as price, "
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


@pytest.mark.parametrize(
    ("name", "encoding", "end"),
    [
        ("Чайник синий", "cp1251", "\n"),
        ("Łyżka żółta", "cp1250", "\n"),
        ("Kavárna ťuká", "cp1250", "\n"),
        ("Tee für 5 €", "iso-8859-15", "\n"),
        ("Tee für 5 €", "cp1252", "\n"),
        ("Süßer Tee für Café", "mac-roman", "\r"),
    ],
)
def test_encodings_with_one_byte_for_each_letter_are_recognized(name, encoding, end):
    import_content(f"name,price{end}{name},5.00{end}".encode(encoding))
    assert Product.objects.get().name == name


@pytest.mark.parametrize(
    ("price", "stock", "expected"),
    [
        ("$1,234.50", "1,000", ("1234.50", 1000)),
        ("USD 1'234.50", "1'000", ("1234.50", 1000)),
        ("1 234.50 USD", "3.0", ("1234.50", 3)),
        ("1.234,50 $", "1.000", ("1234.50", 1000)),
        ("1\u202f234,50", "5,0000", ("1234.50", 5)),
    ],
)
def test_signs_between_thousands_and_the_currency_of_the_shop_are_read(price, stock, expected):
    counts, _ = import_content(f"name;price;stock\nTea;{price};{stock}\n")
    assert counts == (1, 0, 0, 0)
    product = Product.objects.get()
    assert (str(product.price), product.stock) == expected


def test_thousands_of_units_need_a_proof_of_the_decimal_mark():
    _, results = import_content('name,price,stock\nTea,5,"1,000"\n')
    assert errors_of(results) == [
        'line 2, stock: "1,000" is not an integer from -1,000,000,000 to 1,000,000,000.'
    ]


def test_a_title_above_the_header_and_columns_without_a_name_are_counted():
    table = "Prices 2026,,,\n\nsku,,name,price,,\nA,x,Tea,1.00,,y\nB,,Pot,2.00,,,z\n"
    counts, results = import_content(table)
    assert counts == (1, 0, 0, 1)
    assert errors_of(results) == ["line 5: The row has more cells than the header."]
    assert notices_of(table, dry_run=True)[0] == (
        "not read: text above the header, 1 row; a column without a name, 2 rows"
    )


def test_words_for_stock_and_weights_with_units_are_read():
    table = (
        "sku;name;price;stock;weight;barcode\n"
        "A;Tea;1.00;in stock;0,5 kg;4.00638E+12\nB;Pot;1.00;Ausverkauft;2 lb;\n"
        "C;Cup;1.00;>10;350;\nD;Jar;1.00;preorder;1,500 kg;\nE;Tin;1.00;some;;\n"
    )
    counts, results = import_content(table)
    assert counts == (4, 0, 0, 1)
    assert [warning.partition(". ")[0] for warning in warnings_of(results)] == [
        "line 2, stock: The number of units is unknown, so the stock is not tracked.",
        'line 2, barcode: A spreadsheet has shortened the number to "4.00638E+12"',
        'line 4, stock: ">10" was read as 10.',
        'line 5, weight: "1,500 kg" is not an integer from 0 to 1,000,000,000',
    ]
    rows = Product.objects.order_by("sku")
    assert list(rows.values_list("stock", "track_stock", "backorder", "weight", "barcode")) == [
        (0, False, True, 500, ""),
        (0, True, False, 907, ""),
        (10, True, False, 350, ""),
        (0, True, True, 0, ""),
    ]
    import_content("sku,Verfügbarkeit\nA,nicht lieferbar\nB,auf lager\nC,perhaps\n")
    assert list(rows.values_list("stock", "track_stock")[:3]) == [(0, True), (0, False), (10, True)]


@pytest.mark.parametrize(
    ("cell", "path", "collections"),
    [
        ("Kitchen > Tea", ["Kitchen", "Tea"], []),
        ("Kitchen » Tea | Gifts » Sets", ["Kitchen", "Tea"], ["Sets"]),
        ("Kitchen > Tea, Gifts > Sets", ["Kitchen", "Tea"], ["Sets"]),
        ("Kitchen, Home > Tea", ["Kitchen, Home", "Tea"], []),
        ("Kitchen / Tea", ["Kitchen", "Tea"], []),
        ("Kitchen|Tea", ["Kitchen", "Tea"], []),
        ("T-Shirts/Tops", ["T-Shirts/Tops"], []),
    ],
)
def test_paths_of_categories_have_several_forms(cell, path, collections):
    import_content(f'name,price,Kategorie\nTea,1.00,"{cell}"\n')
    category, names = Product.objects.get().category, []
    while category:
        names.insert(0, category.name)
        category = category.parent
    assert names == path
    assert list(Collection.objects.order_by("pk").values_list("name", flat=True)) == collections


def test_relative_images_of_a_table_are_below_a_chosen_address(tmp_path, capsys):
    text = 'name,price,Bilder\nTea,1.00,"a.jpg; /b c.jpg; https://e.com/c.jpg"\n'
    imported(text, tmp_path, "--images-from", "https://old.example/media")
    assert list(ProductImage.objects.order_by("pk").values_list("source_url", flat=True)) == [
        "https://old.example/media/a.jpg",
        "https://old.example/media/b%20c.jpg",
        "https://e.com/c.jpg",
    ]


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        ("image2,image,image3", "abc"),
        ("Bild 1,Bild 2,Bild 3", "abc"),
        ("image_url_1,image_url_2,ImageUrl3", "abc"),
        ("image_link,additional_image_link,Gallery", "abc"),
        ("picture1,picture2,picture 3", "abc"),
        ("image,image,thumbnail", "ab"),
        ("photo,thumbnail,image 2", "ac"),
        ("image2020,image link,name3", "b"),
    ],
)
def test_each_column_with_images_is_read(titles, expected):
    row = ",".join(f"https://e.com/{letter}.jpg" for letter in "abc")
    import_content(f"name,price,{titles}\nTea,1.00,{row}\n")
    images = ProductImage.objects.order_by("position", "pk").values_list("source_url", flat=True)
    assert [url[14:-4] for url in images] == list(expected)


def test_several_columns_can_be_chosen_as_images(tmp_path, capsys):
    text = "name,price,x,y,image 9\nTea,1.00,https://e.com/1,https://e.com/2,https://e.com/2\n"
    imported(text, tmp_path, "--map", "x=images", "--map", "y=images")
    assert list(ProductImage.objects.order_by("pk").values_list("source_url", flat=True)) == [
        "https://e.com/1",
        "https://e.com/2",
    ]
    imported(text, tmp_path, "--map", "x=images", "--map", "y=", "--map", "image 9=")
    assert "not read: y, 1 row; image 9, 1 row" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        (
            '{"total": 2, "skip": {"a": [1]}, "products": [{"title": "A", "price": 1}, '
            '{"title": "B", "price": 2}], "limit": 30}'
        ),
        '{"data":[{"title":"A","price":1},{"title":"B","price":2}]}',
        '{"title": "A", "price": 1}\n{"title": "B", "price": 2}\n',
    ],
)
def test_lists_of_json_have_several_forms(content):
    assert import_content(content, name="file.json")[0] == (2, 0, 0, 0)
    assert list(Product.objects.order_by("pk").values_list("name", flat=True)) == ["A", "B"]


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


def test_skus_that_differ_in_case_are_one_sku():
    counts, results = import_content("sku,name,price\nAb,Tea,1.00\naB,Pot,1.00\n")
    assert counts == (1, 0, 0, 1)
    assert errors_of(results) == ["line 3, sku: Line 2 has the same SKU."]


def test_choices_for_a_missing_column():
    with pytest.raises(FileError, match="At least one of the columns slug, sku and name"):
        import_content("thing\n1\n")
    assert Choices().columns == {}
