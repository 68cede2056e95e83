"""Exports to Shopify's product CSV, which are imported into an empty shop again."""

import csv
import json
from io import StringIO

import pytest

from catalog.models import Product
from catalog.tests.exchange import REAL, empty_the_shop, export, import_content
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

OWN = """row,slug,name,category,tags,collections,option1,option2,sku,price,compare_at_price,stock,\
position,weight,barcode,picture,alt,seo_title,seo_description,attr.material,attr.organic,kind
category,tea-more,Tea & more,,,,,,,,,,,,,,,,,,,
attribute,material,Material,,,,,,,,,,,,,,,,,,,text
attribute,organic,Organic,,,,,,,,,,,,,,,,,,,text
collection,gifts-small,"Gifts, small",,,,,,,,,,,,,,,,,,,
product,shirt,Shirt,,"a,b",gifts-small,Size,Colour,,,,,,,,,,Shirts,A shirt,Linen,yes,
picture,,,,,,,,,,,,0,,,https://e.com/1.jpg,Front,,,,,
picture,,,,,,,,,,,,1,,,https://e.com/2.jpg,,,,,,
variant,,,,,,M,Red,S-M,20.00,25.00,3,0,250,4006381333931,,,,,,,
picture,,,,,,,,,,,,,,,https://e.com/m.jpg,,,,,,
variant,,,,,,L,Red,S-L,21.00,,0,1,260,,,,,,,,
product,cup,Cup,tea-more,,,,,CUP,8.00,,5,,,,,,,,,,
"""


def products():
    entries = json.loads(export("json"))
    return [entry for entry in entries if entry["row"] in {"product", "collection"}]


def test_a_shop_is_the_same_after_it_has_left_and_come_back():
    assert import_content(OWN)[0] == (6, 0, 0, 0)
    before, content = products(), export("shopify")
    empty_the_shop()
    assert import_content(content)[0] == (4, 0, 0, 0)
    assert products() == before
    assert (
        Product.objects.get(slug="shirt").attributes.get(attribute__slug="material").attribute.name
        == "Material"
    )
    assert export("shopify") == content
    assert import_content(content)[0] == (0, 0, 4, 0)


def test_variants_have_their_order_on_the_page_of_the_product():
    import_content(OWN.replace("S-M,20.00,25.00,3,0", "S-M,20.00,25.00,3,7"))
    rows = csv.DictReader(StringIO(export("shopify").decode()))
    assert [row["Variant SKU"] for row in rows] == ["S-L", "S-M", "CUP"]


@pytest.mark.skipif(not REAL.exists(), reason=f"there are no real catalogs in {REAL}")
def test_real_products_of_shopify_are_the_same_after_they_have_left():
    for file in sorted(REAL.glob("shopify-*.csv")):
        import_content(file)
    before, content = export("json"), export("shopify")
    empty_the_shop()
    import_content(content)
    assert export("json") == before
