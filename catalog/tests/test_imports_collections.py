"""Further categories of other shops become collections, and so does the column of that name."""

import csv
from io import StringIO

import pytest

from catalog.collections.services import create_collection
from catalog.exchange import imports
from catalog.models import Collection, CollectionProduct, Product
from catalog.tests.exchange import (
    errors_of,
    export,
    import_content,
    notices_of,
    source_of,
    warnings_of,
)
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

WOOCOMMERCE = """Type,SKU,Name,Published,Regular price,Visibility in catalog,Tax status,Categories
simple,CAP,Cap,1,9.00,visible,taxable,"Clothing > Hats, Clothing, Beach, Gifts > For him"
simple,TEE,Tee,1,19.00,visible,taxable,"Clothing, Beach"
simple,MUG,Mug,1,4.00,visible,taxable,Kitchen
"""


def members():
    rows = CollectionProduct.objects.order_by("collection__name", "product__name")
    return list(rows.values_list("collection__name", "product__name"))


def counts_of(content, **options):
    options = imports.ImportOptions(**options)
    return str(imports.import_products(source_of(content), options, lambda _: None))


def test_further_categories_become_collections_and_are_counted(db):
    preview = counts_of(WOOCOMMERCE, dry_run=True)
    assert not Collection.objects.exists()
    assert counts_of(WOOCOMMERCE) == preview
    assert preview.endswith("collections: 2 created")
    assert members() == [("Beach", "Cap"), ("Beach", "Tee"), ("For him", "Cap")]
    beach = Collection.objects.get(name="Beach")
    assert (beach.slug, beach.rule, beach.is_published) == ("beach", None, True)
    assert Product.objects.get(sku="CAP").category.name == "Hats"
    assert not Product.objects.get(sku="CAP").tags.exists()
    assert import_content(WOOCOMMERCE)[0] == (0, 0, 3, 0)


def test_an_existing_product_is_added_and_none_is_removed(db):
    import_content("sku,name,price,stock\nCAP,Cap,9.00,3\nPOT,Pot,5.00,1\n")
    pot = Product.objects.get(sku="POT")
    beach = create_collection(name="BEACH", slug="sea", product_ids=[pot.pk])
    table = 'sku,collections\nCAP,"sea, Gifts"\n'
    counts, results = import_content(table, dry_run=True)
    assert counts == (0, 1, 0, 0)
    assert list(results[0].changes) == ["new in the collection sea", "new in the collection Gifts"]
    before = Product.objects.get(sku="CAP").changed_in
    assert import_content(table)[0] == (0, 1, 0, 0)
    assert members() == [("BEACH", "Cap"), ("BEACH", "Pot"), ("Gifts", "Cap")]
    assert Product.objects.get(sku="CAP").changed_in > before
    assert import_content("sku,collections\nCAP,\n")[0] == (0, 0, 1, 0)
    assert set(beach.products.values_list("sku", flat=True)) == {"CAP", "POT"}


def test_a_collection_with_a_rule_chooses_its_products_itself(db):
    create_collection(name="Beach", slug="beach", rule={"brand": ["Sea"]})
    _, results = import_content(WOOCOMMERCE)
    assert [text for text in warnings_of(results) if "rule" in text] == [
        f'line {line}, Categories: The collection "Beach" chooses its products by a rule. '
        "The product was not added."
        for line in (2, 3)
    ]
    assert members() == [("For him", "Cap")]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_has_collections_with_their_rules(db, form):
    import_content('sku,name,price,stock,collections\nCAP,Cap,9.00,3,"Sun, sea; Beach"\n')
    create_collection(name="Cheap", slug="cheap", rule={"max_price": "10.00"}, position=4)
    assert members() == [
        ("Cheap", "Cap"),
        ("Sun", "Cap"),
        ("sea; Beach", "Cap"),
    ]
    exported = export(form)
    Collection.objects.all().delete()
    counts, results = import_content(exported, f"file.{form}")
    assert (counts, errors_of(results)) == ((3, 1, 0, 0), [])
    cheap = Collection.objects.get(slug="cheap")
    assert (cheap.rule, cheap.position) == ({"max_price": "10.00"}, 4)
    assert [name for name, _ in members()] == ["Cheap", "Sun", "sea; Beach"]
    assert export(form) == exported
    assert import_content(exported, f"file.{form}")[0] == (0, 0, 4, 0)


def test_the_columns_of_other_shops_are_collections(db):
    table = "Artikelnummer;Bezeichnung;Preis;Kollektion\nA;Cap;9,00;Sommer\n"
    notices = notices_of(table)
    assert "Kollektion as collections" in notices[1]
    assert members() == [("Sommer", "Cap")]
    shopify = 'Handle,Title,Variant Price,Collection\npot,Pot,5.00,"Tea\\, green"\n'
    import_content(shopify)
    assert members()[1] == ("Tea, green", "Pot")
    rows = list(csv.DictReader(StringIO(export("shopify").decode())))
    assert [(row["Handle"], row["Collection"]) for row in rows] == [
        ("cap", "Sommer"),
        ("pot", "Tea\\, green"),
    ]
    assert import_content(export("shopify"))[0] == (0, 0, 2, 0)


def test_an_invalid_collection_is_refused_and_a_long_name_left_out(db):
    table = (
        "row,slug,name,rule,sku,price,stock,collections\n"
        'collection,one,One,"[1]",,,,\n'
        'collection,two,Two,"{""shoe"": 1}",,,,\n'
        f"product,cap,Cap,,CAP,9.00,1,{'x' * 256}\n"
    )
    _, results = import_content(table)
    assert not Collection.objects.exists()
    assert [text.partition(": ")[0] for text in errors_of(results)] == [
        "line 2, rule",
        "line 3, slug",
    ]
    assert "The collection was left out." in warnings_of(results)[0]
    assert Product.objects.get().name == "Cap"


def test_only_the_collections_of_the_chosen_products_are_exported(db):
    import_content("sku,name,price,stock,collections\nA,A,1,1,One\nB,B,1,1,Two\n")
    text = export("csv", {Product.objects.get(sku="A").pk}).decode()
    assert "collection,one,One" in text
    assert "Two" not in text
