"""Our own table and JSON: what identifies a product, what a second run does, what stock becomes."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.factories import ProductFactory
from catalog.models import Category, PriceChange, Product, ProductTag, StockMovement
from catalog.services import adjust_stock, archive_product, create_product
from catalog.tests.exchange import FILES, REAL, bring, errors_of, everything
from shop.testing.assertions import assert_audit_passes

pytestmark = pytest.mark.django_db

SHOP = FILES / "shop.csv"


def test_every_column_comes_in(amy):
    assert bring(SHOP)[0] == (9, 0, 0, 0)
    assam = Product.objects.get(slug="assam")
    assert assam.description == 'Malty, and "strong".\nA second line.'
    assert (assam.category.slug, assam.category.parent.slug) == ("tea", "drinks")
    assert (assam.sku, assam.stock, assam.low_stock_threshold) == ("TEA-1", 30, 5)
    assert assam.publish_at == datetime(2030, 1, 31, 8, tzinfo=UTC)
    assert sorted(assam.tags.values_list("tag", flat=True)) == ["black", "strong, dark"]
    values = assam.attributes.order_by("attribute__slug").values_list("text", "number", "boolean")
    assert [next(v for v in value if v is not None) for value in values] == [
        "Second, late",
        125.5,
        True,
        "=Assam",
    ]
    assert assam.keywords == "Hill House black strong, dark TEA-1"
    pot = Product.objects.get(slug="pot")
    assert (pot.name, pot.description, str(pot.price)) == ("+Pot+", "@home", "24.00")
    assert str(pot.compare_at_price) == "30.00"
    large = Product.objects.get(sku="POT-L")
    assert (large.stock, large.backorder, large.position) == (-2, True, 0)
    assert not Product.objects.get(slug="cloth").is_published
    assert_audit_passes()


def test_a_second_run_changes_nothing_and_locks_nothing():
    bring(SHOP)
    before = everything()
    with CaptureQueriesContext(connection) as captured:
        assert bring(SHOP)[0] == (0, 0, 9, 0)
    assert {query["sql"].split()[0] for query in captured} == {"SELECT"}
    assert not any("FOR NO KEY UPDATE" in query["sql"] for query in captured)
    assert everything() == before


def test_a_dry_run_tells_what_a_run_does_and_changes_nothing():
    bring(SHOP)
    before = everything()
    text = SHOP.read_text().replace("4.50,5.00,30", "4.20,5.00,12").replace("POT-S,24", "POT-S,19")
    counts, results = bring(text, dry_run=True)
    assert counts == (0, 2, 7, 0)
    assert everything() == before
    changes = {result.title: result.changes for result in results if result.changes}
    assert changes == {
        "assam": ["price 4.50 → 4.20", "stock 30 → 12"],
        "pot": ["price 24.00 → 19.00", "Small / Blue: price 24.00 → 19.00"],
    }
    again = bring(text)[1]
    assert {result.title: result.changes for result in again if result.changes} == changes
    assert bring(text)[0] == (0, 0, 9, 0)


def test_a_dry_run_into_an_empty_shop_knows_what_the_file_defines():
    counts, results = bring(SHOP, dry_run=True)
    assert (counts, errors_of(results)) == ((9, 0, 0, 0), [])
    assert not Category.objects.exists()
    assert not Product.objects.exists()


def test_what_the_file_does_not_tell_stays():
    tea = create_product(name="Tea", price="4.50", stock=3, brand="Hill", tags=["black"], sku="T")
    assert bring("sku,price\nT,5.00\n")[0] == (0, 1, 0, 0)
    tea.refresh_from_db()
    assert (tea.name, str(tea.price), tea.stock, tea.brand) == ("Tea", "5.00", 3, "Hill")
    assert list(ProductTag.objects.values_list("tag", flat=True)) == ["black"]
    assert list(PriceChange.objects.order_by("pk").values_list("price", flat=True)) == [4.5, 5]


def test_a_product_is_found_by_its_slug_else_its_sku_else_its_name():
    assert bring("slug,name,price\none,One,1.00\n")[0] == (1, 0, 0, 0)
    assert bring("sku,name,price\nTWO,Two,2.00\n")[0] == (1, 0, 0, 0)
    assert bring("name,price\nThree,3.00\n")[0] == (1, 0, 0, 0)
    assert set(Product.objects.values_list("slug", flat=True)) == {"one", "two", "three"}
    assert bring("slug,name,price\none,First,1.00\n")[0] == (0, 1, 0, 0)
    assert bring("sku,name,price\nTWO,Second,2.00\n")[0] == (0, 1, 0, 0)
    assert bring("name,price\nThree,3.30\n")[0] == (0, 1, 0, 0)
    assert Product.objects.count() == 3


def test_an_archived_product_is_none_of_the_files_business():
    archive_product(product_id=create_product(name="Tea", price="1.00", slug="tea", sku="T").pk)
    assert bring("slug,sku,name,price\ntea,T,Tea,2.00\n")[0] == (1, 0, 0, 0)
    assert Product.objects.filter(slug="tea").count() == 2


def test_stock_becomes_what_the_file_says_by_a_movement_with_its_name(amy):
    tea = ProductFactory(name="Tea", stock=10)
    adjust_stock(product_id=tea.pk, delta=-4, reason="Broken", actor=amy.user)
    bring("slug,stock\ntea,15\n", name="count.csv", actor=amy.user)
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.delta, movement.reason) == ("adjustment", 9, "Import count.csv")
    assert movement.actor == amy.user
    tea.refresh_from_db()
    assert tea.stock == 15
    assert_audit_passes()


def test_stock_is_left_alone_if_asked_but_new_products_have_theirs():
    tea = ProductFactory(name="Tea", stock=10)
    counts, _ = bring("name,price,stock\nTea,10.00,99\nPot,5.00,7\n", keep_stock=True)
    assert counts == (1, 0, 1, 0)
    tea.refresh_from_db()
    assert (tea.stock, Product.objects.get(slug="pot").stock) == (10, 7)


def test_backorders_begin_and_end_with_their_pieces():
    tea = ProductFactory(name="Tea", stock=3)
    assert bring("slug,stock,backorder\ntea,-5,true\n")[0] == (0, 1, 0, 0)
    assert errors_of(bring("slug,backorder\ntea,false\n")[1]) == [
        "line 2, stock: It is -5: only what is sold on backorder may owe pieces."
    ]
    assert bring("slug,stock,backorder\ntea,4,false\n")[0] == (0, 1, 0, 0)
    tea.refresh_from_db()
    assert (tea.stock, tea.backorder) == (4, False)
    assert_audit_passes()


def test_a_strict_import_with_a_fault_changes_nothing_at_all():
    from catalog.exchange.imports import StrictImportError

    rows = "".join(f"p{n},P,1.00\n" for n in range(30))
    with pytest.raises(StrictImportError, match=r"^1 refused, so nothing was changed$"):
        bring(f"slug,name,price\n{rows}bad,Bad,1;00\n", strict=True, batch=5)
    assert not Product.objects.exists()
    assert bring(f"slug,name,price\n{rows}", strict=True, batch=5)[0] == (30, 0, 0, 0)


def test_a_category_that_nobody_defined_is_made_and_only_for_what_comes_in():
    bring("name,price,category\nTea,1.00,Hot drinks\nPot,1.00,hot-drinks\nBad,x,Bad things\n")
    assert list(Category.objects.values_list("slug", "name")) == [("hot-drinks", "Hot drinks")]
    assert Product.objects.filter(category__slug="hot-drinks").count() == 2


def test_pictures_and_variants_are_added_and_changed_and_never_taken_away():
    bring(SHOP)
    bring(
        "row,slug,picture,alt\nproduct,assam,,\n"
        "picture,,https://pictures.example.com/assam.jpg,A tin\n"
        "picture,,https://pictures.example.com/cup.jpg,A cup\n"
    )
    assam = Product.objects.get(slug="assam")
    shown = assam.images.order_by("position").values_list("alt", "position")
    assert list(shown) == [("A tin", 0), ("A cup", 1)]
    bring("row,slug,option1,option2,price\nproduct,pot,Size,Glaze,\nvariant,,Huge,Blue,9.00\n")
    pot = Product.objects.get(slug="pot")
    assert (pot.variants.count(), str(pot.price)) == (3, "9.00")
    assert pot.variants.latest("pk").name == "+Pot+ – Huge / Blue"


def test_a_change_shows_in_the_feed_of_changes(anyone):
    bring(SHOP)
    cursor = anyone.get("/api/products/changes/").json()["cursor"]
    bring("slug,price\ncloth,1.00\nassam,4.50\n")
    bring("slug,is_published\ncloth,true\n")
    changed = anyone.get("/api/products/changes/", {"since": cursor}).json()["products"]
    assert [product["name"] for product in changed] == ["Cloth"]


def test_another_shops_feed_comes_in():
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
        bring(text, name="feed.json")
    basket = Product.objects.get()
    assert (basket.slug, str(basket.price), str(basket.compare_at_price)) == (
        "reed-basket",
        "18.00",
        "20.00",
    )
    assert (basket.stock, basket.brand, basket.category.name) == (5, "Weaver", "Home storage")
    assert [image.source_url for image in basket.images.all()] == product["images"]


@pytest.mark.skipif(not REAL.exists(), reason=f"there are no real catalogues in {REAL}")
def test_a_real_feed_comes_in():
    path = REAL / "products.json"
    assert bring(path)[0] == (194, 0, 0, 0)
    before = everything()
    assert bring(path)[0] == (0, 0, 194, 0)
    assert everything() == before
    mascara = Product.objects.get(sku="BEA-ESS-ESS-001")
    assert (str(mascara.price), str(mascara.compare_at_price)) == ("9.99", "11.16")
    assert_audit_passes()
