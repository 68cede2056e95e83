"""Imports of Magento 2's product CSV."""

import pytest

from catalog.exchange import imports
from catalog.models import Product, ProductImage
from catalog.tests.exchange import (
    REAL,
    errors_of,
    everything,
    import_content,
    notices_of,
    source_of,
    warnings_of,
)
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

TABLE = (
    "sku,store_view_code,attribute_set_code,product_type,categories,name,description,weight,"
    "product_online,tax_class_name,visibility,price,special_price,url_key,base_image,"
    "additional_attributes,qty,is_in_stock,manage_stock,use_config_manage_stock,"
    "configurable_variations,associated_skus\n"
    'T-S,,Top,simple,"Default Category/Men",Tee S,,0.25,1,Taxable Goods,'
    'Not Visible Individually,10.0000,,tee-s,/t/s.jpg,"size=S,brand=Weaver",5.0000,1,0,1,,\n'
    'T-M,,Top,simple,"Default Category/Men",Tee M,,0.3,1,Taxable Goods,'
    'Not Visible Individually,11.0000,9.5000,tee-m,,"size=M,material=Wool, soft",0,1,0,1,,\n'
    'T,,Top,configurable,"Default Category/Men/Tops, new,Default Category/Sale,Default Category",'
    'Tee,<p>A</p>,,1,Taxable Goods,"Catalog, Search",10.0000,,tee,/t/m.jpg,'
    '"has_options=1,brand=Weaver,climate=Cool|Warm",0,1,0,1,"sku=T-S,size=S|sku=T-M,size=M|'
    'sku=T-L,size=L",\n'
    "T,de,Top,,,Hemd,,,,,,,,,,,,,,,,\n"
    'S,,Top,grouped,Default Category,Set,,,1,,"Catalog, Search",,,set,,,0,1,0,1,,"V=1,T-S=2"\n'
    "V,,Top,virtual,,Voucher,,,2,None,Search,25,,voucher,https://e.com/v.jpg,ean=4006381333931,"
    "3,1,0,0,,\n"
)


def test_simple_products_become_variants():
    counts, results = import_content(TABLE)
    assert (counts, errors_of(results)) == ((4, 0, 0, 0), [])
    tee = Product.objects.get(slug="tee")
    assert (tee.sku, tee.options, tee.brand) == ("T", ["Size"], "Weaver")
    assert tee.category.name == "Tops, new"
    assert tee.category.parent.name == "Men"
    assert tee.category.parent.parent is None
    assert list(tee.collections.values_list("name", flat=True)) == ["Sale"]
    assert tee.attributes.get().text == "Cool, Warm"
    assert list(tee.variants.order_by("pk").values_list("sku", "options", "stock", "weight")) == [
        ("T-S", ["S"], 5, 250),
        ("T-M", ["M"], 0, 300),
    ]
    medium = Product.objects.get(sku="T-M")
    assert (str(medium.price), str(medium.compare_at_price)) == ("9.50", "11.00")
    voucher = Product.objects.get(slug="voucher")
    assert (voucher.requires_shipping, voucher.track_stock) == (False, False)
    assert (voucher.barcode, voucher.is_published) == ("4006381333931", False)
    assert voucher.images.get().source_url == "https://e.com/v.jpg"
    assert [v.options for v in Product.objects.get(sku="S").variants.all()] == [
        ["Voucher"],
        ["Tee S"],
    ]
    assert "The file does not contain the variant T-L. It was left out." in warnings_of(results)[0]


def test_a_repeated_import_changes_nothing_and_names_what_is_not_read():
    first = notices_of(TABLE)
    before = everything()
    assert notices_of(TABLE) == first[:1]
    assert everything() == before
    assert first[0] == (
        "not read: attribute_set_code, 6 rows; store view de, 1 row; "
        "base_image (choose the address of the images), 2 rows; "
        "additional_attributes.brand of variants, 1 row; "
        "additional_attributes.material of variants, 1 row"
    )


def test_relative_images_need_the_address_of_the_old_shop():
    choices = imports.Choices(images_from="https://old.example/media/catalog/product")
    source = source_of(TABLE)
    source = imports.check(imports.Source("m.csv", source.file, source.size, choices=choices))
    imports.import_products(source, imports.ImportOptions(), lambda _: None)
    assert Product.objects.get(slug="tee").images.get().source_url == (
        "https://old.example/media/catalog/product/t/m.jpg"
    )


def test_texts_of_images_and_quoted_values_are_kept_and_numbers_have_commas():
    header = (
        "sku;product_type;url_key;name;price;weight;qty;manage_stock;base_image;base_image_label;"
        "additional_images;additional_image_labels;configurable_variations\n"
    )
    variant = "T-S;simple;tee-s;Tee S;1.019,9000;0,35;1.005,0000;1;;;;;\n"
    tee = (
        "T;configurable;tee;Tee;;;;1;https://e.com/a.jpg;Front, worn;"
        "https://e.com/b.jpg,https://e.com/c.jpg;Back,Side;"
        '"sku=T-S,size=""S, slim"""\n'
    )
    counts, results = import_content(header + variant + tee)
    assert (counts, errors_of(results)) == ((1, 0, 0, 0), [])
    small = Product.objects.get(sku="T-S")
    assert (small.options, str(small.price), small.weight) == (["S, slim"], "1019.90", 350)
    assert small.stock == 1005
    images = ProductImage.objects.order_by("pk").values_list("source_url", "alt")
    assert list(images) == [
        ("https://e.com/a.jpg", "Front, worn"),
        ("https://e.com/b.jpg", "Back"),
        ("https://e.com/c.jpg", "Side"),
    ]


@pytest.mark.skipif(not REAL.exists(), reason=f"there are no real catalogs in {REAL}")
def test_a_real_export_is_imported():
    counts, results = import_content(REAL / "magento-luma.csv")
    assert (counts[3], errors_of(results)) == (0, [])
    assert Product.objects.listed().count() == 6
    assert Product.objects.exclude(parent=None).count() == 90
    assert Product.objects.get(sku="MH01").options == ["Size", "Color"]
