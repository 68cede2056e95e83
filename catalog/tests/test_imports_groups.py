"""Imports of tables in which each variant is a row with the key of its product."""

import pytest
from django.core.management import CommandError

from catalog.exchange.imports import FileError
from catalog.models import Product
from catalog.tests.exchange import (
    errors_of,
    everything,
    import_content,
    notices_of,
    warnings_of,
)
from catalog.tests.test_imports_tables import imported
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

GOOGLE = (
    "id,title,item_group_id,color,size,price,image_link,brand\n"
    "T-1,Shirt,T,red,S,9.00,https://e.com/red.jpg,Weaver\n"
    "P-1,Pot,,,,20.00,,Clay\n"
    "T-2,Shirt,T,red,M,9.50,https://e.com/red.jpg,Weaver\n"
    "T-3,Shirt,T,blue,,9.50,https://e.com/blue.jpg,Weaver\n"
)


def family_of(name):
    product = Product.objects.get(name=name, parent=None)
    variants = product.variants.order_by("position", "pk")
    return product, [(v.sku, v.options, str(v.price), v.stock) for v in variants]


def test_rows_with_a_group_are_the_variants_of_one_product():
    table = GOOGLE.replace("id,title", "sku,title")
    counts, results = import_content(table)
    assert (counts, errors_of(results)) == ((2, 0, 0, 0), [])
    shirt, variants = family_of("Shirt")
    assert (shirt.options, shirt.sku, shirt.brand) == (["color", "size"], "", "Weaver")
    assert variants == [
        ("T-1", ["red", "S"], "9.00", 0),
        ("T-2", ["red", "M"], "9.50", 0),
        ("T-3", ["blue", "Any"], "9.50", 0),
    ]
    images = [image.source_url for image in shirt.images.all()]
    images += [i.source_url for v in shirt.variants.all() for i in v.images.all()]
    assert images == ["https://e.com/red.jpg", "https://e.com/blue.jpg"]
    assert family_of("Pot")[1] == []
    before = everything()
    assert import_content(table)[0] == (0, 0, 2, 0)
    assert everything() == before
    assert_audit_passes()


def test_variants_refer_to_the_row_of_their_product_wherever_it_is():
    table = (
        "SKU;Bezeichnung;Vaterartikel;Größe;Farbe;Preis;Bestand;Gewicht in g;Marke\n"
        "S-2;Hemd M;S;M;;12,50;2;;\n"
        "S;Hemd;;;;10,00;4;200;Weber\n"
        "S-1;Hemd S;S;S;;;3;150;\n"
        "K;Kanne;;groß;blau;30,00;1;;\n"
    )
    counts, results = import_content(table)
    assert (counts, errors_of(results)) == ((2, 0, 0, 0), [])
    shirt, variants = family_of("Hemd")
    assert (shirt.sku, shirt.options, shirt.brand) == ("S", ["Größe"], "Weber")
    assert variants == [("S-2", ["M"], "12.50", 2), ("S-1", ["S"], "10.00", 3)]
    assert sorted(v.weight for v in shirt.variants.all()) == [150, 200]
    assert warnings_of(results) == ["line 4, Preis: The cell is empty. The price is 10.00."]
    assert notices_of(table, dry_run=True)[2] == (
        "not read: Bestand of products with variants, 1 row; Bezeichnung of variants, 2 rows; "
        "Größe, 1 row; Farbe, 1 row"
    )


def test_a_slug_that_repeats_is_a_group_and_one_that_does_not_is_a_product():
    table = "url key,name,price,Size\nshirt,Shirt,5.00,S\npot,Pot,9.00,L\nshirt,Shirt,6.00,M\n"
    assert import_content(table)[0] == (2, 0, 0, 0)
    assert [v[1] for v in family_of("Shirt")[1]] == [["S"], ["M"]]
    assert (family_of("Pot")[0].slug, family_of("Pot")[1]) == ("pot", [])
    assert notices_of(table, dry_run=True)[1] == "not read: Size, 1 row"
    assert import_content(table)[0] == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("header", "first", "rows"),
    [
        ("option1,option2", "Size,Colour", ("S,red", "M,red")),
        (
            "Option 1 Name,Option 1 Value,Option 2 Name,Option 2 Value",
            ",,,",
            ("Size,S,Colour,red", "Size,M,Colour,red"),
        ),
    ],
)
def test_names_of_options_may_be_in_cells(header, first, rows):
    lines = [f"T-{n},T,Tee,5.00,{row}" for n, row in enumerate(rows)]
    table = "\n".join([f"sku,parent,name,price,{header}", f"T,,Tee,5.00,{first}", *lines])
    counts, results = import_content(table)
    assert (counts, errors_of(results)) == ((1, 0, 0, 0), [])
    tee, variants = family_of("Tee")
    assert (tee.options, [v[1] for v in variants]) == (
        ["Size", "Colour"],
        [["S", "red"], ["M", "red"]],
    )


def test_more_than_three_options_become_three():
    table = "sku,name,parent,size,color,material,style,price\n"
    table += "A,Tee,T,S,red,wool,slim,5.00\nB,Tee,T,S,red,silk,slim,5.00\n"
    import_content(table)
    tee, variants = family_of("Tee")
    assert tee.options == ["size", "color", "material / style"]
    assert [v[1][2] for v in variants] == ["wool / slim", "silk / slim"]


def test_a_product_that_refers_to_itself_is_a_variant_too_and_others_are_errors():
    table = "sku,name,parent,size,price\nA,Tee,A,S,5.00\nB,Tee,A,M,6.00\nC,Cup,B,L,7.00\n"
    counts, results = import_content(table)
    assert counts == (1, 0, 0, 1)
    assert errors_of(results) == ['line 4, parent: The product "B" is a variant of another one.']
    assert [v[:2] for v in family_of("Tee")[1]] == [("A", ["S"]), ("B", ["M"])]


def test_variants_with_the_same_options_are_an_error():
    counts, results = import_content("sku,name,parent,size,price\nA,T,P,S,5\nB,T,P,S,5\n")
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == ["line 3, size: Line 2 has the same options."]


def test_a_group_without_options_is_separate_products():
    for table in (
        "sku,name,parent,price\nA,Tee,T,5.00\nB,Cup,T,6.00\n",
        "sku,name,parent,size,price\nA,Tee,T,,5.00\nB,Cup,T,,6.00\n",
    ):
        assert "not read: parent, 2 rows" in notices_of(table, dry_run=True)
        assert import_content(table)[0][3] == 0
    assert Product.objects.filter(has_variants=False, parent=None).count() == 2


def test_group_and_options_can_be_chosen(tmp_path, capsys):
    text = "sku,name,Bund,Breite,price\nA,Tee,T,5 cm,5.00\nB,Tee,T,6 cm,5.00\n"
    imported(text, tmp_path, "--map", "Bund=parent", "--map", "Breite=option.Width")
    assert family_of("Tee")[0].options == ["Width"]
    with pytest.raises(CommandError, match="need a column that is read as parent or slug"):
        imported(text, tmp_path, "--map", "Breite=option.Width")


def test_the_products_before_an_error_of_the_file_are_imported():
    table = 'sku,name,parent,size,price\nA,Tee,T,S,5\nB,Tee,T,M,5\nP,Pot,,,5\n"C,Cup\n'
    with pytest.raises(FileError, match="The CSV is invalid from here on"):
        import_content(table)
    assert len(family_of("Tee")[1]) == 2
