"""Imports of WooCommerce's product CSV."""

import pytest

from catalog.attributes.models import Attribute
from catalog.models import Category, Product
from catalog.tests.exchange import (
    REAL,
    errors_of,
    everything,
    import_content,
    notices_of,
    warnings_of,
)
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

HEADER = (
    "ID,Type,SKU,Name,Published,Visibility in catalog,Short description,Description,"
    "Date sale price ends,Tax status,In stock?,Stock,Backorders allowed?,Weight (lbs),"
    "Sale price,Regular price,Categories,Tags,Images,Parent,Grouped products,External URL,"
    "Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s),"
    "Meta: material,Meta: _margin,Upsells\n"
)
SIZES = {"Attribute 1 name": "Size", "Attribute 1 value(s)": "S, M"}
SIZE = {"Attribute 1 name": "Size", "Attribute 1 value(s)": "S"}
COLUMNS = HEADER.strip().split(",")
# "GTIN, UPC, EAN oder ISBN" needs quotation marks in a file with commas.
GERMAN = (
    "ID;Typ;Artikelnummer;GTIN, UPC, EAN oder ISBN;Name;Veröffentlicht;Beschreibung;Vorrätig?;"
    "Lager;Gewicht (kg);Angebotspreis;Regulärer Preis;Kategorien;Übergeordnetes Produkt;Marken;"
    "Attribut 1 Name;Attribut 1 Wert(e);Versandklasse\n"
    "1;variable;TEE;;Grüner Tee;1;Aus „Japan“;1;;;;;Getränke > Tee, Getränke;;Blatt;"
    "Größe;100 g, 1 kg;Paket\n"
    "2;simple;POT;4006381333931;Kanne;1;;1;7;0,85;19,90;1.299,00;Geschirr;;;;;Paket\n"
    "3;variation;TEE-1;;Grüner Tee – 100 g;1;;1;5;0,1;;4,50;;id:1;;Größe;100 g;\n"
    "4;variation;TEE-2;;Grüner Tee – 1 kg;1;;0;;1;;39,00;;TEE;;Größe;1 kg;\n"
)


def table(*rows):
    """Return a file with these rows, each with the cells of some columns."""
    lines = [",".join(f'"{row.get(name, "")}"' for name in COLUMNS) for row in rows]
    return HEADER + "\n".join(lines) + "\n"


def product(sku, **cells):
    row = {"Type": "simple", "SKU": sku, "Name": sku.title(), "Published": "1"}
    return row | {"Regular price": "10", "In stock?": "1"} | cells


def test_variations_are_found_wherever_they_are_and_numbers_are_german():
    for encoding in ("cp1252", "utf-8-sig", "utf-16"):
        assert import_content(GERMAN.encode(encoding), dry_run=True)[0] == (3, 0, 0, 0)
    assert (
        notices_of(GERMAN.encode("cp1252"))
        == [
            "read as woocommerce: Windows-1252, semicolons, decimal commas",
            "not read: Versandklasse, 2 rows",
            "1 of 2 are sold out: gruener-tee",
        ][:2]
    )
    tea, pot = Product.objects.get(sku="TEE"), Product.objects.get(sku="POT")
    assert (tea.name, tea.brand, tea.description) == ("Grüner Tee", "Blatt", "Aus „Japan“")
    assert (tea.category.name, tea.category.parent.name) == ("Tee", "Getränke")
    small, large = tea.variants.order_by("pk")
    assert (small.options, str(small.price), small.stock, small.weight) == (
        ["100 g"],
        "4.50",
        5,
        100,
    )
    assert (large.sku, str(large.price), large.stock, large.track_stock) == (
        "TEE-2",
        "39.00",
        0,
        True,
    )
    assert (str(pot.price), str(pot.compare_at_price)) == ("19.90", "1299.00")
    assert (pot.barcode, pot.weight, pot.stock) == ("4006381333931", 850, 7)
    assert Category.objects.count() == 3
    assert_audit_passes()
    before = everything()
    assert import_content(GERMAN)[0] == (0, 0, 3, 0)
    assert everything() == before


@pytest.mark.parametrize(
    "header",
    [
        (
            "Type;SKU;Naam;Reguliere prijs;Actieprijs;Op voorraad?;Voorraad;Hoofd;"
            "Naam eigenschap 1;Waarde(n) eigenschap 1"
        ),
        (
            "Type;SKU;Naam;Reguliere prijs;Actieprijs;Op voorraad?;Voorraad;Hoofd;"
            "Attribuut 1 naam;Attribuut 1 waarde(n)"
        ),
        (
            "Type;UGS;Nom;Tarif régulier;Tarif promo;En stock ?;Stock;Parent;"
            "Nom de l’attribut 1;Valeur(s) de l’attribut 1 "
        ),
        (
            "Tipo;SKU;Nombre;Precio normal;Precio rebajado;¿Existencias?;Inventario;Superior;"
            "Nombre del atributo 1;Valor(es) del atributo 1"
        ),
        (
            "Tipo;COD;Nome;Prezzo di listino;Prezzo in offerta;In stock?;Magazzino;Genitore;"
            "Nome dell'attributo 1;Valore dell'attributo 1"
        ),
    ],
)
def test_headers_are_read_in_several_languages(header):
    rows = "variable;T;Tea;;;1;;;Size;S, M\nvariation;T-S;Tea S;9,50;8,00;1;3;T;Size;S\n"
    counts, results = import_content(f"{header}\n{rows}")
    assert (counts, errors_of(results)) == ((2, 0, 0, 0), [])
    assert notices_of(f"{header}\n{rows}", dry_run=True) == [
        "read as woocommerce: UTF-8, semicolons, decimal commas"
    ]
    variant = Product.objects.get(sku="T-S")
    assert (variant.options, str(variant.price), variant.stock) == (["S"], "8.00", 3)


def test_a_stock_that_variations_share_is_sold_by_none_of_them():
    content = table(
        product("T", Type="variable", Stock="10", **SIZES, **{"Regular price": ""}),
        product("T-S", Type="variation", Parent="T", **SIZE),
        product(
            "T-M", Type="variation", Parent="T", Stock="2", **{**SIZE, "Attribute 1 value(s)": "M"}
        ),
    )
    _, results = import_content(content)
    assert warnings_of(results) == [
        "line 3, Stock: The variations share the stock of their product, 10. Set that of each."
    ]
    assert list(
        Product.objects.exclude(parent=None).order_by("pk").values_list("track_stock", "stock")
    ) == [(True, 0), (True, 2)]
    assert "not read: Stock of products with variations, 1 row" in notices_of(content)


def test_a_simple_product_keeps_everything():
    content = table(
        product(
            "CAP",
            **{"Sale price": "8", "Stock": "-3", "Backorders allowed?": "notify"},
            **{"Categories": "Hats, Summer > Beach, Summer", "Tags": "a, b", "Tax status": "none"},
            **{"Images": "https://e.com/1.jpg, https://e.com/2,b.jpg", "Weight (lbs)": "2"},
            **{"Short description": "Short", "Description": "One\\nTwo", "Meta: material": "wool"},
            **{"Attribute 1 name": "Colour", "Attribute 1 value(s)": "Red, Blue"},
            **{"Meta: _margin": "40", "Upsells": "POT"},
        )
    )
    _, results = import_content(content)
    assert warnings_of(results) == [
        'line 2, Tax status: "exempt" is not the code of a tax class. It was left out.'
    ]
    cap = Product.objects.get(sku="CAP")
    assert (str(cap.price), str(cap.compare_at_price), cap.stock) == ("8.00", "10.00", -3)
    assert (cap.backorder, cap.weight, cap.description) == (True, 907, "One\nTwo")
    assert cap.category.name == "Hats"
    assert set(cap.tags.values_list("tag", flat=True)) == {"a", "b"}
    assert list(cap.collections.values_list("name", flat=True)) == ["Beach"]
    assert cap.metadata == {"short_description": "Short", "material": "wool"}
    assert cap.private_metadata == {"_margin": "40"}
    assert [image.source_url for image in cap.images.order_by("position")] == [
        "https://e.com/1.jpg",
        "https://e.com/2,b.jpg",
    ]
    assert cap.attributes.get(attribute__slug="colour").text == "Red, Blue"
    assert notices_of(content) == ["not read: Upsells, 1 row"]


def test_types_of_products():
    content = table(
        product("TEE", Type="simple, virtual", Stock="4"),
        product("CAP", **{"Visibility in catalog": "hidden"}),
        product("SET", **{"Type": "grouped", "Regular price": "", "Grouped products": "TEE, CAP"}),
        product("FAR", **{"Type": "external", "External URL": "https://other.example/"}),
        product("OLD", **{"Sale price": "5", "Date sale price ends": "2020-01-01"}),
    )
    counts, results = import_content(content)
    assert counts == (5, 0, 0, 0)
    tee, cap = Product.objects.get(sku="TEE"), Product.objects.get(sku="CAP")
    assert (tee.requires_shipping, cap.is_published, cap.track_stock) == (False, False, False)
    group = Product.objects.get(sku="SET")
    assert group.options == ["Product"]
    assert list(group.variants.order_by("pk").values_list("options", "stock", "track_stock")) == [
        (["Tee"], 0, True),
        (["Cap"], 0, False),
    ]
    far = Product.objects.get(sku="FAR")
    assert (far.is_stocked, far.metadata) == (False, {"external_url": "https://other.example/"})
    assert str(Product.objects.get(sku="OLD").price) == "10.00"
    assert [text.split(": ")[1][:30] for text in warnings_of(results)] == [
        "Tee keeps its stock itself. In",
        "The price is that of today, of",
    ]


def test_variations_without_their_product_and_with_any_value():
    def variation(sku, **cells):
        row = product(sku, Type="variation", Parent="TEE")
        return row | {"Attribute 1 name": "Size", "Attribute 2 name": "Colour"} | cells

    content = table(
        variation("LOST", Parent="GONE"),
        variation("TEE-R", **{"Attribute 2 value(s)": "Red"}),
        variation("TEE-B", **{"Attribute 2 value(s)": "Blue"}),
        variation("TEE-G", **{"Attribute 2 value(s)": "Green", "Published": "0"}),
        product("TEE", **{"Type": "variable", "Regular price": ""})
        | {"Attribute 1 name": "Size", "Attribute 1 value(s)": "S, M"}
        | {"Attribute 2 name": "Colour", "Attribute 2 value(s)": "Red, Blue, Green"},
    )
    counts, results = import_content(content)
    assert (counts[3], errors_of(results)) == (
        1,
        ['line 2, Parent: The file does not contain the product "GONE".'],
    )
    assert warnings_of(results) == [
        "line 5, Published: The variation is not published. It was left out."
    ]
    tee = Product.objects.get(sku="TEE")
    assert tee.options == ["Colour"]
    assert sorted(v.sku for v in tee.variants.all()) == ["TEE-B", "TEE-R"]
    assert tee.attributes.get().text == "S, M"


def test_an_attribute_that_exists_is_not_changed():
    Attribute.objects.create(slug="colour", name="Farbe", kind="choice", choices=["Red"])
    colour = {"Attribute 1 name": "Colour", "Attribute 1 value(s)": "Red"}
    counts, _ = import_content(table(product("CAP", **colour)))
    assert counts == (1, 0, 1, 0)
    assert Attribute.objects.get().name == "Farbe"
    assert Product.objects.get().attributes.get().text == "Red"


@pytest.mark.skipif(not REAL.exists(), reason=f"there are no real catalogs in {REAL}")
def test_a_real_export_is_imported():
    counts, results = import_content(REAL / "woocommerce-sample.csv")
    assert (counts, errors_of(results)) == ((18, 0, 0, 0), [])
    assert Product.objects.get(sku="cc-hoodie").variants.count() == 6
    assert Product.objects.get(sku="cc-tee").variants.count() == 3
    before = everything()
    assert import_content(REAL / "woocommerce-sample.csv")[0] == (0, 0, 18, 0)
    assert everything() == before
