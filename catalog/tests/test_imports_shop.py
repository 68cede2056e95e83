"""Imports of the shop's own table and of JSON."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.factories import ProductFactory
from catalog.models import Category, PriceChange, Product, ProductTag, StockMovement
from catalog.services import adjust_stock, archive_product, create_product
from catalog.tests.exchange import FILES, REAL, errors_of, everything, import_content
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

SHOP = FILES / "shop.csv"


def test_every_column_is_imported(amy):
    assert import_content(SHOP)[0] == (12, 0, 0, 0)
    assam = Product.objects.get(slug="assam")
    assert assam.description == 'Malty, and "strong".\nA second line.'
    assert (assam.category.slug, assam.category.parent.slug) == ("tea", "drinks")
    assert (assam.sku, assam.barcode, assam.stock) == ("TEA-1", "4006381333931", 30)
    assert (assam.seo_title, assam.seo_description) == ("Fine Assam", 'Malty, strong, and "brisk"')
    assert assam.low_stock_threshold == 5
    assert assam.publish_at == datetime(2030, 1, 31, 8, tzinfo=UTC)
    assert sorted(assam.tags.values_list("tag", flat=True)) == ["black", "strong, dark"]
    values = assam.attributes.order_by("attribute__slug").values_list("text", "number", "boolean")
    assert [next(v for v in value if v is not None) for value in values] == [
        "Second, late",
        125.5,
        True,
        "=Assam",
    ]
    assert assam.keywords == "Hill House black strong, dark TEA-1 4006381333931"
    pot = Product.objects.get(slug="pot")
    assert (pot.name, pot.description, str(pot.price)) == ("+Pot+", "@home", "24.00")
    assert str(pot.compare_at_price) == "30.00"
    large = Product.objects.get(sku="POT-L")
    assert (large.stock, large.backorder, large.position) == (-2, True, 0)
    assert not Product.objects.get(slug="cloth").is_published
    assert_audit_passes()


def test_repeating_an_import_changes_and_locks_nothing():
    import_content(SHOP)
    before = everything()
    with CaptureQueriesContext(connection) as captured:
        assert import_content(SHOP)[0] == (0, 0, 12, 0)
    assert {query["sql"].split()[0] for query in captured} == {"SELECT"}
    assert not any("FOR NO KEY UPDATE" in query["sql"] for query in captured)
    assert everything() == before


def test_a_dry_run_reports_changes_without_writing():
    import_content(SHOP)
    before = everything()
    text = SHOP.read_text().replace("4.50,5.00,30", "4.20,5.00,12").replace("POT-S,24", "POT-S,19")
    counts, results = import_content(text, dry_run=True)
    assert counts == (0, 2, 10, 0)
    assert everything() == before
    changes = {result.title: result.changes for result in results if result.changes}
    assert changes == {
        "assam": ["price 4.50 → 4.20", "stock 30 → 12"],
        "pot": ["price 24.00 → 19.00", "Small / Blue: price 24.00 → 19.00"],
    }
    again = import_content(text)[1]
    assert {result.title: result.changes for result in again if result.changes} == changes
    assert import_content(text)[0] == (0, 0, 12, 0)


def test_a_dry_run_knows_the_definitions_of_the_file():
    counts, results = import_content(SHOP, dry_run=True)
    assert (counts, errors_of(results)) == ((12, 0, 0, 0), [])
    assert not Category.objects.exists()
    assert not Product.objects.exists()


def test_missing_columns_change_nothing():
    tea = create_product(name="Tea", price="4.50", stock=3, brand="Hill", tags=["black"], sku="T")
    assert import_content("sku,price\nT,5.00\n")[0] == (0, 1, 0, 0)
    tea.refresh_from_db()
    assert (tea.name, str(tea.price), tea.stock, tea.brand) == ("Tea", "5.00", 3, "Hill")
    assert list(ProductTag.objects.values_list("tag", flat=True)) == ["black"]
    assert list(PriceChange.objects.order_by("pk").values_list("price", flat=True)) == [4.5, 5]


def test_a_product_is_found_by_slug_sku_or_name():
    assert import_content("slug,name,price\none,One,1.00\n")[0] == (1, 0, 0, 0)
    assert import_content("sku,name,price\nTWO,Two,2.00\n")[0] == (1, 0, 0, 0)
    assert import_content("name,price\nThree,3.00\n")[0] == (1, 0, 0, 0)
    assert set(Product.objects.values_list("slug", flat=True)) == {"one", "two", "three"}
    assert import_content("slug,name,price\none,First,1.00\n")[0] == (0, 1, 0, 0)
    assert import_content("sku,name,price\nTWO,Second,2.00\n")[0] == (0, 1, 0, 0)
    assert import_content("name,price\nThree,3.30\n")[0] == (0, 1, 0, 0)
    assert Product.objects.count() == 3


def test_archived_products_are_ignored():
    archive_product(product_id=create_product(name="Tea", price="1.00", slug="tea", sku="T").pk)
    assert import_content("slug,sku,name,price\ntea,T,Tea,2.00\n")[0] == (1, 0, 0, 0)
    assert Product.objects.filter(slug="tea").count() == 2


def test_stock_is_set_by_a_movement_that_names_the_file(amy):
    tea = ProductFactory(name="Tea", stock=10)
    adjust_stock(product_id=tea.pk, delta=-4, reason="Broken", actor=amy.user)
    import_content("slug,stock\ntea,15\n", name="count.csv", actor=amy.user)
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.delta, movement.reason) == ("adjustment", 9, "Import count.csv")
    assert movement.actor == amy.user
    tea.refresh_from_db()
    assert tea.stock == 15
    assert_audit_passes()


def test_keep_stock_only_sets_the_stock_of_new_products():
    tea = ProductFactory(name="Tea", stock=10)
    counts, _ = import_content("name,price,stock\nTea,10.00,99\nPot,5.00,7\n", keep_stock=True)
    assert counts == (1, 0, 1, 0)
    tea.refresh_from_db()
    assert (tea.stock, Product.objects.get(slug="pot").stock) == (10, 7)


def test_backorders_start_and_end_together_with_their_stock():
    tea = ProductFactory(name="Tea", stock=3)
    assert import_content("slug,stock,backorder\ntea,-5,true\n")[0] == (0, 1, 0, 0)
    assert errors_of(import_content("slug,backorder\ntea,false\n")[1]) == [
        "line 2, stock: The stock is -5, but it may only be negative with backorder."
    ]
    assert import_content("slug,stock,backorder\ntea,4,false\n")[0] == (0, 1, 0, 0)
    tea.refresh_from_db()
    assert (tea.stock, tea.backorder) == (4, False)
    assert_audit_passes()


def test_a_strict_import_with_an_error_changes_nothing():
    from catalog.exchange.imports import StrictImportError

    rows = "".join(f"p{n},P,1.00\n" for n in range(30))
    with pytest.raises(StrictImportError, match=r"^Nothing was changed, because 1 were refused.$"):
        import_content(f"slug,name,price\n{rows}bad,Bad,1;00\n", strict=True, batch=5)
    assert not Product.objects.exists()
    assert import_content(f"slug,name,price\n{rows}", strict=True, batch=5)[0] == (30, 0, 0, 0)


def test_an_undefined_category_is_created_for_imported_products_only():
    import_content(
        "name,price,category\nTea,1.00,Hot drinks\nPot,1.00,hot-drinks\nBad,x,Bad things\n"
    )
    assert list(Category.objects.values_list("slug", "name")) == [("hot-drinks", "Hot drinks")]
    assert Product.objects.filter(category__slug="hot-drinks").count() == 2


def test_images_and_variants_are_added_and_changed_but_not_deleted():
    import_content(SHOP)
    import_content(
        "row,slug,picture,alt\nproduct,assam,,\n"
        "picture,,https://pictures.example.com/assam.jpg,A tin\n"
        "picture,,https://pictures.example.com/cup.jpg,A cup\n"
    )
    assam = Product.objects.get(slug="assam")
    shown = assam.images.order_by("position").values_list("alt", "position")
    assert list(shown) == [("A tin", 0), ("A cup", 1)]
    import_content(
        "row,slug,option1,option2,price\nproduct,pot,Size,Glaze,\nvariant,,Huge,Blue,9.00\n"
    )
    pot = Product.objects.get(slug="pot")
    assert (pot.variants.count(), str(pot.price)) == (3, "9.00")
    assert pot.variants.latest("pk").name == "+Pot+ – Huge / Blue"


def test_an_import_is_in_the_changes_feed(anyone):
    import_content(SHOP)
    cursor = anyone.get("/api/products/changes/").json()["cursor"]
    import_content("slug,price\ncloth,1.00\nassam,4.50\n")
    import_content("slug,is_published\ncloth,true\n")
    changed = anyone.get("/api/products/changes/", {"since": cursor}).json()["products"]
    assert [product["name"] for product in changed] == ["Cloth"]


def test_a_feed_of_another_shop_is_imported():
    product = {
        "id": 1,
        "title": "Reed basket",
        "price": 18,
        "discountPercentage": 10,
        "stock": 5,
        "tags": ["reed", "home"],
        "brand": "Weaver",
        "sku": "REED-1",
        "category": "home-storage",
        "images": ["https://pictures.example.com/reed.jpg"],
        "thumbnail": "https://pictures.example.com/reed-small.jpg",
    }
    for text in (json.dumps([product]), json.dumps({"products": [product], "total": 1})):
        import_content(text, name="feed.json")
    basket = Product.objects.get()
    assert (basket.slug, str(basket.price), str(basket.compare_at_price)) == (
        "reed-basket",
        "18.00",
        "20.00",
    )
    assert (basket.stock, basket.brand, basket.category.name) == (5, "Weaver", "Home storage")
    assert [image.source_url for image in basket.images.all()] == product["images"]


@pytest.mark.skipif(not REAL.exists(), reason=f"there are no real catalogs in {REAL}")
def test_a_real_feed_is_imported():
    path = REAL / "products.json"
    assert import_content(path)[0] == (194, 0, 0, 0)
    before = everything()
    assert import_content(path)[0] == (0, 0, 194, 0)
    assert everything() == before
    mascara = Product.objects.get(sku="BEA-ESS-ESS-001")
    assert (str(mascara.price), str(mascara.compare_at_price)) == ("9.99", "11.16")
    assert_audit_passes()
