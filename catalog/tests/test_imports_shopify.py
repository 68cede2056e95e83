"""Imports of Shopify's product CSV."""

import pytest

from catalog.models import Product
from catalog.tests.exchange import FILES, REAL, errors_of, everything, import_content, notices_of
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

SHOPIFY = FILES / "shopify.csv"
HEADER = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n"


def test_products_options_variants_and_images_are_imported(anyone):
    assert import_content(SHOPIFY)[0] == (3, 0, 0, 0)
    shirt = Product.objects.get(slug="linen-shirt")
    found = anyone.get(f"/api/products/{shirt.pk}/").json()
    assert found["name"] == "Linen shirt"
    assert found["description"] == "<p>Washed linen, cut wide.</p>"
    assert (found["brand"], found["tags"]) == ("Weaver & Daughter", ["linen", "summer"])
    assert found["category"]["name"] == "Shirts"
    assert (found["price"], found["compare_at_price"]) == ("55.00", "79.00")
    assert [o["name"] for o in found["options"]] == ["Size", "Colour"]
    assert [image["alt"] for image in found["images"]] == ["A folded shirt", "", "The collar"]
    variants = Product.objects.filter(parent=shirt).order_by("pk")
    assert list(variants.values_list("options", "sku", "stock", "backorder", "name")) == [
        (["S", "Sand"], "SHIRT-S-SAND", 4, False, "Linen shirt – S / Sand"),
        (["M", "Sand"], "SHIRT-M-SAND", 0, True, "Linen shirt – M / Sand"),
        (["M", "Sea"], "", 7, False, "Linen shirt – M / Sea"),
    ]
    assert [str(v.price) for v in variants] == ["59.00", "55.00", "61.50"]
    assert [i.source_url for i in variants[0].images.all()] == [
        "https://pictures.example.com/shirt-sand.jpg"
    ]
    assert_audit_passes()


def test_default_title_and_draft_status(anyone):
    import_content(SHOPIFY)
    whistle = Product.objects.get(sku="WHISTLE")
    assert (whistle.options, whistle.has_variants, whistle.stock) == ([], False, 12)
    assert whistle.compare_at_price is None
    assert not Product.objects.get(slug="old-lamp").is_published
    listed = {product["name"] for product in anyone.get("/api/products/").json()["products"]}
    assert listed == {"Linen shirt", "Tin whistle"}


def test_repeating_an_import_changes_nothing():
    import_content(SHOPIFY)
    before = everything()
    counts, results = import_content(SHOPIFY)
    assert counts == (0, 0, 3, 0)
    assert [result.changes for result in results] == [[], [], []]
    assert everything() == before


def test_a_variant_is_found_by_sku_or_options():
    import_content(SHOPIFY)
    before = set(Product.objects.values_list("pk", flat=True))
    changed = SHOPIFY.read_text().replace(",S,,Sand,,,SHIRT-S", ",XS,,Sand,,,SHIRT-S")
    changed = changed.replace(",S,Colour,Sand,,,SHIRT-S", ",XS,Colour,Sand,,,SHIRT-S")
    changed = changed.replace("61.5,", "62.00,")
    assert import_content(changed)[0] == (0, 1, 2, 0)
    assert set(Product.objects.values_list("pk", flat=True)) == before
    assert Product.objects.get(sku="SHIRT-S-SAND").options == ["XS", "Sand"]
    assert str(Product.objects.get(options=["M", "Sea"]).price) == "62.00"


def test_required_columns():
    from catalog.exchange.imports import FileError

    with pytest.raises(FileError, match=r"^line 1, Variant Price: This column is required"):
        import_content("Handle,Title\na,A\n")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,A,,,,x,5.00\n", 'line 2, Variant Inventory Qty: "x" is not an integer'),
        (
            "a,A,,,,1,5.00\na,A,,,,1,6.00\n",
            "line 3, Option1 Name: A product without options may only have",
        ),
        (
            "a,A,Size,S,,1,5.00\na,,,S,,1,6.00\n",
            "line 3, Option1 Value: Line 2 has the same options",
        ),
        ("a b,A,,,,1,5.00\n", 'line 2, Handle: "a b" is not a slug'),
        ("a,,,,,1,5.00\n", "line 2, Title: A new product needs a name."),
        ("a,A,,,,1,\n", "line 2, Variant Price: A new product needs a price."),
        (
            "a,A,Size,S,,1,5.00\na,,,,,,6.00\n",
            "line 3, Option1 Value: The list contains an empty item.",
        ),
    ],
)
def test_an_error_in_a_row_skips_its_product(rows, message):
    counts, results = import_content(HEADER + rows + "good,Good,,,G,1,1.00\n")
    assert counts == (1, 0, 0, 1)
    assert errors_of(results)[0].startswith(message)
    assert list(Product.objects.values_list("slug", flat=True)) == ["good"]


def test_rows_of_a_product_must_be_consecutive():
    counts, results = import_content(HEADER + "a,A,,,,1,5.00\nb,B,,,,1,5.00\na,A,,,,9,9.00\n")
    assert counts == (2, 0, 0, 1)
    assert errors_of(results) == [
        "line 4, Handle: The product was already on line 2. Put all its rows together."
    ]
    assert str(Product.objects.get(slug="a").price) == "5.00"


@pytest.mark.skipif(not REAL.exists(), reason=f"there are no real catalogs in {REAL}")
@pytest.mark.parametrize(
    ("name", "products", "variants", "pictures"),
    [("shopify-apparel.csv", 20, 3, 20), ("shopify-jewelery.csv", 20, 6, 47)],
)
def test_real_exports_are_imported(name, products, variants, pictures):
    from catalog.models import ProductImage

    path = REAL / name
    assert import_content(path, dry_run=True)[0] == (products, 0, 0, 0)
    assert not Product.objects.exists()
    assert import_content(path)[0] == (products, 0, 0, 0)
    before = everything()
    assert import_content(path)[0] == (0, 0, products, 0)
    assert everything() == before
    assert Product.objects.listed().count() == products
    assert Product.objects.exclude(parent=None).count() == variants
    assert ProductImage.objects.count() == pictures
    assert_audit_passes()


NEWER = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,"
    "Status,SKU,Barcode,Option1 name,Option1 value,Price,Compare-at price,Cost per item,"
    "Charge tax,Inventory tracker,Inventory quantity,Continue selling when out of stock,"
    "Weight value (grams),Weight unit for display,Requires shipping,Fulfillment service,"
    "Product image URL,Image position,Image alt text,Variant image URL,SEO title,"
    "Color (product.metafields.shopify.color-pattern),Size (variant.metafields.custom.size),"
    "Google Shopping / Gender,Metafield: custom.care [single_line_text_field]\n"
    "Shirt,shirt,Soft,Weaver,Clothing > Shirts,,linen,TRUE,Active,S-1,4006381333931,Size,S,5.00,"
    "6.00,2.10,TRUE,shopify,3,DENY,120,g,TRUE,manual,https://e.com/a.jpg,1,A,"
    "https://e.com/s.jpg,Buy,blue,1,male,Wash\n"
    ",shirt,,,,,,,,S-2,,,M,5.00,,2.20,TRUE,shopify,4,CONTINUE,130,g,TRUE,manual,,,,,,,2,,\n"
)


def test_newer_columns_and_metafields_are_read():
    assert notices_of(NEWER) == ["not read: Fulfillment service, 2 rows"]
    shirt = Product.objects.get(slug="shirt")
    small, medium = shirt.variants.order_by("pk")
    assert (shirt.category.name, shirt.category.parent.name) == ("Shirts", "Clothing")
    assert shirt.metadata == {
        "shopify.color-pattern": "blue",
        "google.gender": "male",
        "custom.care": "Wash",
    }
    assert (small.barcode, small.stock, small.weight) == ("4006381333931", 3, 120)
    assert (small.metadata, small.private_metadata) == ({"custom.size": "1"}, {"cost": "2.10"})
    assert (medium.backorder, medium.images.count(), small.images.count()) == (True, 0, 1)
    metafields = "Handle,Care (product.metafields.custom.care)\nshirt,Dry\n"
    assert import_content(metafields)[0] == (0, 1, 0, 0)
    shirt.refresh_from_db()
    assert shirt.metadata["custom.care"] == "Dry"


@pytest.mark.parametrize(
    "table",
    [
        (
            "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Bin name,"
            "Committed (not editable),Available (not editable),On hand (current),On hand (new)\n"
            "shirt,Shirt,Size,S,S-1,61,IT,Berlin,A1,2,7,9,\n"
            "shirt,Shirt,Size,S,S-1,61,IT,Rome,,0,1,1,\n"
            "shirt,Shirt,Size,M,S-2,61,IT,Berlin,,not stocked,not stocked,not stocked,\n"
        ),
        (
            "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Berlin,Rome\n"
            "shirt,Shirt,Size,S,S-1,,,7,1\nshirt,Shirt,Size,M,S-2,,,not stocked,not stocked\n"
        ),
    ],
)
def test_the_inventory_of_all_locations_is_the_stock(table):
    import_content(NEWER)
    assert import_content(table)[0] == (0, 1, 0, 0)
    shirt = Product.objects.get(slug="shirt")
    assert list(shirt.variants.order_by("pk").values_list("sku", "stock")) == [
        ("S-1", 8),
        ("S-2", 4),
    ]
    assert import_content(table)[0] == (0, 0, 1, 0)
    counts, results = import_content(table.replace("7", "many"))
    assert (counts[3], "is not an integer" in errors_of(results)[0]) == (1, True)
    assert_audit_passes()
