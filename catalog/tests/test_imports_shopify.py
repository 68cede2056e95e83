"""Imports of Shopify's product CSV."""

import pytest

from catalog.models import Product
from catalog.tests.exchange import FILES, REAL, errors_of, everything, import_content
from shop.testing.assertions import assert_audit_passes

pytestmark = pytest.mark.django_db

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
