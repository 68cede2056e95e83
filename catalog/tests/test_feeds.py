"""The sitemap and the product feed."""

import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from catalog import services
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory, ShirtFactory
from catalog.feeds import sitemap
from catalog.feeds.views import _feeds
from catalog.images.models import ProductImage
from catalog.models import Product
from catalog.products.identifiers import valid_gtin
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_database, on_one_engine

pytestmark = on_one_engine

FEED = "/feeds/google-merchant.xml"
G = "{http://base.google.com/ns/1.0}"
S = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
X = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(autouse=True)
def _storefront(settings):
    _feeds.clear()
    settings.SHOP_NAME = "Tea & Pots"
    settings.STOREFRONT_PAGES = {
        "product": "https://www.example.com/p/{slug}",
        "category": "https://www.example.com/c/{id}",
        "collection": "https://www.example.com/collections/{slug}",
    }


def xml(client, path):
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    return ET.fromstring(response.content)  # noqa: S314 - made by the shop


def locations(client, path):
    return [found.text for found in xml(client, path).iter(f"{S}loc")]


def items(client, query=""):
    """The items of the feed: the values by name, a list if there are several."""
    found = []
    for item in xml(client, f"{FEED}{query}").iter("item"):
        values = {}
        for child in item:
            values.setdefault(child.tag.removeprefix(G), []).append(child.text)
        found.append({name: each[0] if len(each) == 1 else each for name, each in values.items()})
    return found


@pytest.fixture(autouse=True)
def _one_file(monkeypatch):
    """Let one file of the sitemap have all ids: PostgreSQL counts on from those of other tests."""
    monkeypatch.setattr(sitemap, "IDS", 10**9)


@pytest.fixture
def shop(db):
    """What everyone sees, and a product, a category and a collection that only staff see."""
    home = CategoryFactory(name="Home & Tea", slug="home")
    pots = CategoryFactory(name="Pots", slug="pots", parent_id=home.pk)
    hidden = CategoryFactory(name="Hidden", slug="hidden", is_published=False)
    below = CategoryFactory(name="Below", slug="below", parent_id=hidden.pk)
    pot = ProductFactory(
        name="Pot", slug="pöt", category_id=pots.pk, price="24.00", compare_at_price="30.00",
        brand="Hearth", barcode="4006381333931", weight=850,
        description="<p>Holds <b>1</b> l &amp; more\x0c</p>",
    )  # fmt: skip
    shirt = ShirtFactory(slug="shirt", brand="Loom", category_id=below.pk)
    ProductFactory(name="Draft", is_published=False)
    ProductFactory(name="Later", publish_at=timezone.now() + timedelta(days=1))
    services.archive_product(product_id=ProductFactory(name="Old").pk)
    gifts = services.create_collection(name="Gifts", slug="gifts", product_ids=[shirt.pk])
    services.create_collection(name="Secret", slug="secret", is_published=False)
    return {"home": home, "pots": pots, "pot": pot, "shirt": shirt, "gifts": gifts}


def test_the_sitemap_has_what_everyone_sees(anyone, shop):
    origin = "http://testserver"
    files = [f"{origin}/sitemap-{name}-1.xml" for name in ("products", "categories", "collections")]
    assert locations(anyone, "/sitemap.xml") == files
    page = xml(anyone, "/sitemap-products-1.xml")
    shop["pot"].refresh_from_db()
    (pot, shirt) = page.iter(f"{S}url")
    assert [child.text for child in pot] == [
        "https://www.example.com/p/p%C3%B6t",
        shop["pot"].updated_at.isoformat(timespec="seconds"),
    ]
    assert shirt[0].text == "https://www.example.com/p/shirt"
    assert locations(anyone, "/sitemap-categories-1.xml") == [
        f"https://www.example.com/c/{shop[name].pk}" for name in ("home", "pots")
    ]
    assert locations(anyone, "/sitemap-collections-1.xml") == [
        "https://www.example.com/collections/gifts"
    ]


@pytest.mark.parametrize(
    "path",
    ["/sitemap-products-2.xml", "/sitemap-products-0.xml", "/sitemap-orders-1.xml",
     f"/sitemap-products-{'9' * 30}.xml", "/sitemap-categories-1.xml", "/sitemap-é-1.xml"],
)  # fmt: skip
def test_other_files_of_the_sitemap_do_not_exist(anyone, db, path):
    ProductFactory()
    response = anyone.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_files_of_the_sitemap_cover_ranges_of_ids(anyone, db, monkeypatch):
    monkeypatch.setattr(sitemap, "IDS", 2)
    made = [ProductFactory(slug=f"p{n}").pk for n in range(5)]
    services.archive_product(product_id=made[2])
    found = []
    for file in locations(anyone, "/sitemap.xml"):
        found.append(locations(anyone, file.removeprefix("http://testserver")))
        assert len(found[-1]) <= 2
    kept = [f"https://www.example.com/p/p{n}" for n in (0, 1, 3, 4)]
    assert [url for urls in found for url in urls] == kept
    with query_budget(2):
        anyone.get("/sitemap-products-1.xml")


def test_pages_name_those_in_other_languages(anyone, shop, settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "pt-br": "português (Brasil)"}
    settings.STOREFRONT_PAGES |= {"category": "https://www.example.com/{language}/c/{id}?a=1&b"}
    update, pages = services.update_product, "https://www.example.com/p"
    translations = {"de": {"slug": "töpfchen"}, "pt-br": {"description": "Um litro"}}
    update(product_id=shop["pot"].pk, translations=translations)
    services.update_category(
        category_id=shop["home"].pk,
        translations={"pt-br": {"name": "Casa"}, "de": {"name": "Heim"}},
    )
    xml(anyone, "/sitemap.xml")
    with query_budget(3):
        page = xml(anyone, "/sitemap-products-1.xml")
    english, german, shirt = page.iter(f"{S}url")
    # The page in Portuguese has the address of the English one.
    urls = {"en": f"{pages}/p%C3%B6t", "de": f"{pages}/t%C3%B6pfchen"}
    for entry, url in zip((english, german), urls.values(), strict=True):
        assert entry[0].text == url
        links = {link.get("hreflang"): link.get("href") for link in entry.iter(f"{X}link")}
        assert links == urls
        assert {link.get("rel") for link in entry.iter(f"{X}link")} == {"alternate"}
    assert [child.tag for child in shirt] == [f"{S}loc", f"{S}lastmod"]
    home = shop["home"].pk
    entries = list(xml(anyone, "/sitemap-categories-1.xml").iter(f"{S}url"))
    assert [(entry[0].text, len(entry)) for entry in entries] == [
        *((f"https://www.example.com/{code}/c/{home}?a=1&b", 4) for code in ("en", "de", "pt-br")),
        (f"https://www.example.com/en/c/{shop['pots'].pk}?a=1&b", 1),
    ]


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-products-1.xml", FEED])
def test_unchanged_files_are_a_304(anyone, shop, path):
    first = anyone.get(path)
    etag = {"HTTP_IF_NONE_MATCH": first["ETag"]}
    with query_budget(1):
        second = anyone.get(path, **etag)
    assert (second.status_code, second.content) == (304, b"")
    packed = anyone.get(path, HTTP_ACCEPT_ENCODING="gzip")
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(first.content)
    services.update_product(product_id=shop["pot"].pk, price="25.00")
    assert anyone.get(path, **etag).status_code == 200
    assert anyone.post(path).status_code == 405


def test_the_feed_has_what_can_be_bought(anyone, shop):
    ProductImage.objects.bulk_create(
        ProductImage(product=shop["pot"], source_url=f"https://cdn.example.com/{n}.jpg", position=n)
        for n in range(13)
    )
    shirt = shop["shirt"]
    s, m, _ = shirt.variants.order_by("pk")
    ProductImage.objects.create(product=shirt, source_url="https://cdn.example.com/s.jpg")
    ProductImage.objects.create(product=m, source_url="https://cdn.example.com/m.jpg")
    SaleFactory(product_ids=[shirt.pk], value=25)
    pot, small, medium, blue = items(anyone)
    assert pot == {
        "id": str(shop["pot"].pk),
        "title": "Pot",
        "description": "Holds 1 l & more",
        "link": "https://www.example.com/p/p%C3%B6t",
        "image_link": "https://cdn.example.com/0.jpg",
        "additional_image_link": [f"https://cdn.example.com/{n}.jpg" for n in range(1, 11)],
        "availability": "in_stock",
        "price": "30.00 USD",
        "sale_price": "24.00 USD",
        "gtin": "4006381333931",
        "brand": "Hearth",
        "condition": "new",
        "product_type": "Home & Tea > Pots",
        "shipping_weight": "850 g",
    }
    assert small == {
        "id": str(s.pk),
        "title": "Shirt – S / Red",
        "description": "Shirt",
        "link": "https://www.example.com/p/shirt",
        "image_link": "https://cdn.example.com/s.jpg",
        "availability": "in_stock",
        "price": "20.00 USD",
        "sale_price": "15.00 USD",
        "brand": "Loom",
        "identifier_exists": "no",
        "condition": "new",
        "item_group_id": str(shirt.pk),
        "size": "S",
        "color": "Red",
    }
    assert medium["image_link"] == "https://cdn.example.com/m.jpg"
    assert medium["additional_image_link"] == "https://cdn.example.com/s.jpg"
    assert (blue["availability"], blue["price"]) == ("out_of_stock", "18.00 USD")


def test_the_feed_of_a_collection(anyone, shop):
    assert [item["size"] for item in items(anyone, "?collection=gifts")] == ["S", "M", "M"]
    for query, status, code in (
        ("?collection=secret", 404, "collection_not_found"),
        ("?collection=nothing", 404, "collection_not_found"),
        ("?collection=gifts&collection=secret", 400, "invalid"),
        ("?category=1", 400, "invalid"),
    ):
        response = anyone.get(f"{FEED}{query}")
        assert (response.status_code, response.json()["code"]) == (status, code), query


def test_texts_that_xml_cannot_represent_are_left_out(anyone, db):
    product = ProductFactory(name="A")
    name = "<b>&]]>\x01\x0b\ufffe\"'</b>"
    Product.objects.filter(pk=product.pk).update(
        name=name, description="x\x1fy", metadata={"mpn": "M-1", "condition": "used"}, brand="B"
    )
    services.update_product(product_id=ProductFactory(backorder=True, stock=0).pk, price="2.00")
    first, second = items(anyone)
    assert (first["title"], first["description"]) == ("<b>&]]>\"'</b>", "xy")
    assert (first["mpn"], first["condition"]) == ("M-1", "used")
    assert "identifier_exists" not in first
    assert second["availability"] == "backorder"


@on_one_database
@pytest.mark.parametrize(
    ("barcode", "gtin"),
    [
        ("4006381333931", "4006381333931"),
        ("978-3-16-148410-0", "9783161484100"),
        ("036000291452", "036000291452"),
        ("96385074", "96385074"),
        ("10012345678902", "10012345678902"),
        ("4006381333932", ""),
        ("2001234567893", ""),
        ("ABC", ""),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", ""),
        ("00000000", ""),
        ("", ""),
    ],
)
def test_valid_gtins(barcode, gtin):
    assert valid_gtin(barcode) == gtin


# -- structured data -----------------------------------------------------------------------------


def graph(client, path):
    text = client.get(f"{path}?include=json_ld").json()["json_ld"]
    assert not set("<>&\u2028\u2029") & set(text)
    data = json.loads(text)
    assert data["@context"] == "https://schema.org"
    return data["@graph"]


def test_structured_data_of_a_product(anyone, shop):
    ProductImage.objects.create(product=shop["pot"], source_url="https://cdn.example.com/0.jpg")
    services.update_product(product_id=shop["pot"].pk, name="</script><script>&", sku="POT")
    product, crumbs = graph(anyone, f"/api/products/{shop['pot'].pk}/")
    assert product == {
        "@type": "Product",
        "name": "</script><script>&",
        "description": "Holds 1 l & more",
        "url": "https://www.example.com/p/p%C3%B6t",
        "image": ["https://cdn.example.com/0.jpg"],
        "brand": {"@type": "Brand", "name": "Hearth"},
        "sku": "POT",
        "gtin": "4006381333931",
        "offers": {
            "@type": "Offer",
            "url": "https://www.example.com/p/p%C3%B6t",
            "price": "24.00",
            "priceCurrency": "USD",
            "availability": "https://schema.org/InStock",
        },
    }
    home, pots = shop["home"], shop["pots"]
    expected = [
        {"@type": "ListItem", "position": 1, "name": "Home & Tea",
         "item": f"https://www.example.com/c/{home.pk}"},
        {"@type": "ListItem", "position": 2, "name": "Pots",
         "item": f"https://www.example.com/c/{pots.pk}"},
    ]  # fmt: skip
    assert crumbs == {"@type": "BreadcrumbList", "itemListElement": expected}
    assert graph(anyone, "/api/categories/pots/") == [crumbs]
    with query_budget(2):
        anyone.get(f"/api/products/{shop['pot'].pk}/?include=json_ld&lang=en")


def test_structured_data_of_variants(anyone, shop):
    shirt = shop["shirt"]
    (group,) = graph(anyone, "/api/products/shirt/")
    assert (group["@type"], group["productGroupID"]) == ("ProductGroup", str(shirt.pk))
    assert group["variesBy"] == ["https://schema.org/color", "https://schema.org/size"]
    blue = group["hasVariant"][2]
    assert {name: blue[name] for name in ("@type", "name", "sku", "size", "color")} == {
        "@type": "Product", "name": "Shirt – M / Blue", "sku": "M-BLUE", "size": "M",
        "color": "Blue",
    }  # fmt: skip
    assert blue["offers"]["availability"] == "https://schema.org/OutOfStock"
    assert (blue["offers"]["price"], "offers" in group) == ("18.00", False)
    variant = shirt.variants.order_by("pk")[0]
    (alone,) = graph(anyone, f"/api/products/{variant.pk}/")
    assert (alone["inProductGroupWithID"], alone["size"]) == (str(shirt.pk), "S")


def test_structured_data_only_if_asked_for(anyone, shop):
    for path in (
        f"/api/products/{shop['pot'].pk}/",
        "/api/products/shirt/",
        "/api/categories/pots/",
    ):
        assert "json_ld" not in anyone.get(path).json()
        assert "json_ld" in anyone.get(f"{path}?include=json_ld").json()
        assert "json_ld" not in anyone.get(path).json()
        assert anyone.get(f"{path}?include=facets").status_code == 400
    body = anyone.get("/api/products/shirt/?include=json_ld&fields=name").json()
    assert body.keys() == {"id", "name", "json_ld"}


def test_collections_by_slug(anyone, amy, shop):
    path = "/api/collections/"
    found = anyone.get(f"{path}gifts/")
    assert found.json() == anyone.get(f"{path}{shop['gifts'].pk}/").json()
    services.update_collection(collection_id=shop["gifts"].pk, slug="geschenke-für-alle")
    moved = anyone.get(f"{path}Geschenke-FÜR-alle/")
    assert (moved.status_code, moved["Location"]) == (
        301, "http://testserver/api/collections/geschenke-f%C3%BCr-alle/",
    )  # fmt: skip
    assert anyone.get(f"{path}secret/").status_code == 404
    assert amy.get(f"{path}secret/").status_code == 200
    assert amy.patch(f"{path}secret/", {"name": "Known"}).status_code == 404
    assert anyone.get(f"{path}a b/").json()["code"] == "collection_not_found"
