"""Imports of files of other programs, each with what the reader of its format did not know."""

import pytest

from catalog.models import Category, Product
from catalog.services import create_product
from catalog.tests.exchange import errors_of, export, import_content, notices_of, warnings_of
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

WOOCOMMERCE = "ID,Type,SKU,Name,Regular price,Categories,Parent,In stock?,Attribute 1 name,"
WOOCOMMERCE += "Attribute 1 value(s)\n"
MAGENTO = "sku,product_type,attribute_set_code,name,price,categories,product_online,qty,"
MAGENTO += "use_config_manage_stock,manage_stock\n"


def test_entities_in_names_are_the_characters_that_they_stand_for():
    import_content(
        "name,brand,tags,category_path,description,price\n"
        '"R&amp;D &quot;Kit&quot; &copy AT&T 5&#37;",B&uuml;cher,a &amp; b,"X &gt; Y &amp; Z",'
        "<p>1 &lt; 2</p>,5.00\n"
    )
    product = Product.objects.get()
    assert (product.name, product.brand) == ('R&D "Kit" &copy AT&T 5%', "Bücher")
    assert (product.description, [t.tag for t in product.tags.all()]) == (
        "<p>1 &lt; 2</p>",
        ["a & b"],
    )
    import_content(WOOCOMMERCE + "1,simple,H,Hat &amp; Cap,9.00,Men &amp; Boys,,1,,\n")
    hat = Product.objects.get(sku="H")
    assert (hat.name, hat.category.name) == ("Hat & Cap", "Men & Boys")


@pytest.mark.parametrize("form", ["csv", "json", "shopify"])
def test_an_export_keeps_names_with_entities(form):
    create_product(name="How to write &amp;", slug="how", price="5.00")
    content = export(form)
    counts = import_content(content)[0]
    assert counts == ((0, 1, 0, 0) if form == "shopify" else (0, 0, 1, 0))


def test_a_product_without_a_type_that_is_known_is_a_simple_one_with_a_warning():
    counts, results = import_content(
        WOOCOMMERCE
        + '1,bundle,SET,Set,9.00,,,1,,\n2,variable-subscription,TEA,Tea,,,,1,Size,"S, L"\n'
        "3,subscription_variation,TEA-S,Tea - S,5.00,,TEA,1,Size,S\n4,booking,,Room,,,,1,,\n"
    )
    assert counts == (3, 0, 0, 1)  # with the attribute
    assert errors_of(results) == ["line 5, Regular price: A new product needs a price."]
    assert warnings_of(results) == [
        'line 2, Type: The type "bundle" is unknown. It was read as a simple product.',
        'line 5, Type: The type "booking" is unknown. It was read as a simple product.',
    ]
    assert Product.objects.get(sku="TEA").variants.get().sku == "TEA-S"
    assert_audit_passes()


def test_a_bundle_of_magento_is_never_sold_for_nothing():
    results = import_content(
        MAGENTO + "B,bundle,Default,Bundle,0.0000,Default Category/A,1,0,0,0\n"
    )
    assert warnings_of(results[1]) == [
        "line 2, product_type: A bundle is not sold as a set here. It is sold out.",
        "line 2, price: The price is 0.",
    ]
    bundle = Product.objects.get()
    assert (bundle.track_stock, bundle.backorder, bundle.stock) == (True, False, 0)


def test_escaped_slashes_of_magento_are_in_the_name_of_a_category():
    row = "A,simple,Default,Bag,9.0000,Default Category/Bags\\/Packs/Day,1,1,1,1\n"
    import_content(MAGENTO + row)
    day = Category.objects.get(slug="day")
    assert (day.name, day.parent.name, day.parent.parent) == ("Day", "Bags/Packs", None)


@pytest.mark.parametrize("units", ["1,200", "1.200", "1'200", "1 200"])
def test_units_of_an_inventory_have_signs_between_thousands(units):
    create_product(name="Cup", slug="cup", price="8.00")
    header = "Handle,Title,Option1 Name,Option1 Value,SKU,Location,Available\n"
    counts, results = import_content(f'{header}cup,Cup,Title,Default Title,,Berlin,"{units}"\n')
    assert (counts, errors_of(results)) == ((0, 1, 0, 0), [])
    assert Product.objects.get().stock == 1200


def test_units_of_an_inventory_that_are_no_number_are_refused():
    create_product(name="Cup", slug="cup", price="8.00")
    header = "Handle,Title,Option1 Name,Option1 Value,SKU,Location,Available\n"
    _, results = import_content(f'{header}cup,Cup,Title,Default Title,,Berlin,"1,20"\n')
    assert errors_of(results) == ['line 2, available: "1,20" is not an integer.']


def test_columns_of_programs_that_edit_shopify_are_read():
    header = "Handle,Title,Body HTML,Variant Price,Variant Weight,Variant Weight Unit,Variant Cost,"
    header += "Metafield: title_tag [string],Metafield: description_tag [string],Metafield: care\n"
    row = "lamp,Lamp,<p>Bright</p>,10.00,1.5,kg,4.50,SEO lamp,SEO text,Dust it\n"
    assert notices_of(header + row) == ["1 of 1 are sold out: lamp"]
    lamp = Product.objects.get()
    assert (lamp.description, lamp.weight, lamp.private_metadata) == (
        "<p>Bright</p>",
        1500,
        {"cost": "4.50"},
    )
    assert (lamp.seo_title, lamp.seo_description) == ("SEO lamp", "SEO text")
    assert lamp.metadata == {"care": "Dust it"}


def test_hints_in_the_names_of_columns_do_not_matter():
    header = "Reference #;Name *;Active (0/1);Price tax included;Price tax excluded;Quantity:;"
    header += "Tags (x,y,z...);Meta title;URL rewritten;Image URLs (x,y,z...)\n"
    row = "C-1;Chair;0;49.90;40.00;12;wood,design;Oak chair;a-chair;https://e.com/1.jpg,https://e.com/2.jpg\n"
    assert notices_of(header + row)[-1] == "not read: Price tax excluded, 1 row"
    chair = Product.objects.get(sku="C-1")
    assert (chair.name, chair.slug, chair.is_published) == ("Chair", "a-chair", False)
    assert (str(chair.price), chair.stock, chair.seo_title) == ("49.90", 12, "Oak chair")
    assert (chair.tags.count(), chair.images.count()) == (2, 2)


@pytest.mark.parametrize("price", ["12,-", "12,--", "12,–", "€ 12,-"])
def test_a_dash_stands_for_no_cents(price, settings):
    settings.SHOP_CURRENCY = "EUR"
    import_content(f"name;price\nTea;{price}\nCup;8,50\n")
    assert str(Product.objects.get(slug="tea").price) == "12.00"


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("31.01.2030", "2030-01-31T00:00:00+00:00"),
        ("1.2.2030 8:30", None),
        ("1.2.2030 08:30", "2030-02-01T08:30:00+00:00"),
        ("31.02.2030", None),
        ("01/02/2030", None),
    ],
)
def test_a_date_with_dots_is_read_and_one_with_slashes_is_not(cell, at):
    _, results = import_content(f"name,price,publish_at\nTea,5.00,{cell}\n")
    found = [product.publish_at.isoformat() for product in Product.objects.all()]
    assert found == ([at] if at else [])
    assert [error.partition(": ")[0] for error in errors_of(results)] == (
        [] if at else ["line 2, publish_at"]
    )


def test_new_products_are_created_in_the_order_of_the_file():
    import_content("name,price,category_path\nA,1.00,\nB,1.00,New\nC,1.00,\nD,1.00,New\n")
    names = Product.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["A", "B", "C", "D"]
