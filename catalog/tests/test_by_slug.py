"""Products and categories by slug, and the redirects from earlier slugs."""

import pytest

from catalog.factories import CategoryFactory, ProductFactory, ShirtFactory
from catalog.models import EarlierSlug, Product
from catalog.services import archive_product
from catalog.tests.test_products import AFTER_A_CHANGE
from shop.testing.budget import query_budget

pytestmark = pytest.mark.django_db
PRODUCTS, CATEGORIES = "/api/products/", "/api/categories/"


def rename(client, path, slug):
    response = client.patch(path, {"slug": slug})
    assert response.status_code == 200, response.content


def test_a_product_is_read_by_its_slug_as_by_its_id(anyone, ada):
    shirt = ShirtFactory(slug="hemd")
    by_id = anyone.get(f"{PRODUCTS}{shirt.pk}/")
    by_slug = anyone.get(f"{PRODUCTS}hemd/")
    assert (by_slug.status_code, by_slug.json()) == (200, by_id.json())
    assert by_slug["ETag"] == by_id["ETag"]
    assert ada.get(f"{PRODUCTS}hemd/").json() == by_id.json()
    assert anyone.get(f"{PRODUCTS}hemd/?fields=name").json() == {"id": shirt.pk, "name": "Shirt"}
    assert anyone.get(f"{PRODUCTS}%00/").status_code == 400
    for nothing in ("kein-hemd", "a b", "x" * 300, "12345678901234567890"):
        assert anyone.get(f"{PRODUCTS}{nothing}/").status_code == 404
    assert anyone.get(f"{PRODUCTS}hemd/?field=name").status_code == 400
    assert anyone.patch(f"{PRODUCTS}hemd/", {"name": "Other"}).status_code == 404


def test_a_cached_product_costs_one_statement_by_slug_too(anyone):
    ProductFactory(slug="tea")
    with query_budget(3 + AFTER_A_CHANGE):
        anyone.get(f"{PRODUCTS}tea/")
    with query_budget(1):
        anyone.get(f"{PRODUCTS}tea/")


def test_earlier_slugs_redirect_to_the_present_one(anyone, amy):
    tea = ProductFactory(slug="tee")
    path = f"{PRODUCTS}{tea.pk}/"
    anyone.get(f"{PRODUCTS}tee/")
    rename(amy, path, "tea")
    rename(amy, path, "grüner-tee")
    for old in ("tee", "tea", "GRÜNER-Tee"):
        response = anyone.get(f"{PRODUCTS}{old}/?fields=name")
        assert response.status_code == 301
        assert response["Location"] == (
            "http://testserver/api/products/gr%C3%BCner-tee/?fields=name"
        )
        assert response["Cache-Control"] == "no-cache"
    assert anyone.get("/api/products/gr%C3%BCner-tee/").json()["id"] == tea.pk
    # Back to the first one: it is the present slug again, and redirects nowhere.
    rename(amy, path, "tee")
    assert anyone.get(f"{PRODUCTS}tee/").status_code == 200
    assert set(EarlierSlug.objects.values_list("slug", flat=True)) == {"tea", "grüner-tee"}


def test_no_other_product_takes_an_earlier_slug(anyone, amy):
    tea = ProductFactory(name="Tea", slug="tea")
    rename(amy, f"{PRODUCTS}{tea.pk}/", "green-tea")
    other = ProductFactory(name="Pot", slug="pot")
    for refused in (
        amy.post(PRODUCTS, {"name": "New", "price": "1.00", "slug": "tea"}),
        amy.patch(f"{PRODUCTS}{other.pk}/", {"slug": "tea"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "slug_taken")
    assert Product.objects.count() == 2
    assert Product.objects.get(pk=other.pk).slug == "pot"
    assert not EarlierSlug.objects.exclude(slug="tea").exists()
    # Slugs that the shop makes go around it.
    assert amy.post(PRODUCTS, {"name": "Tea", "price": "1.00"}).json()["slug"] == "tea-2"
    archive_product(product_id=tea.pk)
    assert anyone.get(f"{PRODUCTS}tea/").status_code == 404
    rename(amy, f"{PRODUCTS}{other.pk}/", "tea")
    assert anyone.get(f"{PRODUCTS}tea/").json()["id"] == other.pk


def test_products_that_are_not_for_sale_have_no_redirect(anyone, amy):
    draft = ProductFactory(slug="old", is_published=False)
    rename(amy, f"{PRODUCTS}{draft.pk}/", "new")
    assert [anyone.get(f"{PRODUCTS}{slug}/").status_code for slug in ("old", "new")] == [404, 404]
    assert [amy.get(f"{PRODUCTS}{slug}/").status_code for slug in ("old", "new")] == [301, 200]


def test_categories_by_slug(anyone, amy, settings):
    settings.PUBLIC_URL = "https://shop.example.com"
    home = CategoryFactory(name="Home", slug="home")
    pots = CategoryFactory(name="Pots", slug="pots", parent_id=home.pk)
    by_slug = anyone.get(f"{CATEGORIES}pots/")
    assert by_slug.json() == anyone.get(f"{CATEGORIES}{pots.pk}/").json()
    assert by_slug.json()["canonical_url"] == "https://shop.example.com/categories/pots"
    rename(amy, f"{CATEGORIES}{pots.pk}/", "kannen")
    response = anyone.get(f"{CATEGORIES}pots/")
    assert response.status_code == 301
    assert response["Location"] == "https://shop.example.com/api/categories/kannen/"
    refused = amy.post(CATEGORIES, {"name": "Pots", "slug": "pots"})
    assert (refused.status_code, refused.json()["code"]) == (409, "slug_taken")
    assert anyone.get(f"{CATEGORIES}nowhere/").status_code == 404
    assert amy.patch(f"{CATEGORIES}{home.pk}/", {"is_published": False}).status_code == 200
    assert anyone.get(f"{CATEGORIES}pots/").status_code == 404


def test_the_detail_has_what_its_page_needs(anyone, amy, settings):
    settings.PUBLIC_URL = "https://shop.example.com"
    home = CategoryFactory(name="Home", slug="home")
    pots = CategoryFactory(name="Pots", slug="pots", parent_id=home.pk)
    shirt = ShirtFactory(slug="hemd", category_id=pots.pk)
    path = f"{PRODUCTS}{shirt.pk}/"
    changes = {"seo_title": "A fine shirt", "seo_description": "In three colours."}
    assert amy.patch(path, changes).status_code == 200
    body = anyone.get(path).json()
    assert {name: body[name] for name in changes} == changes
    assert body["canonical_url"] == "https://shop.example.com/products/hemd"
    crumbs = [
        {"id": home.pk, "name": "Home", "slug": "home"},
        {"id": pots.pk, "name": "Pots", "slug": "pots"},
    ]
    assert body["breadcrumbs"] == crumbs
    variant = anyone.get(f"{PRODUCTS}{body['variants'][0]['id']}/").json()
    assert (variant["canonical_url"], variant["breadcrumbs"]) == (body["canonical_url"], crumbs)
    settings.STOREFRONT_PAGES = {"product": "https://www.example.com/p/{id}-{slug}"}
    amy.patch(path, {"name": "Shirt 2"})
    after = anyone.get(path).json()
    assert after["canonical_url"] == f"https://www.example.com/p/{shirt.pk}-hemd"
    assert after["updated_at"] > body["updated_at"]
    amy.patch(f"{CATEGORIES}{home.pk}/", {"is_published": False})
    assert anyone.get(path).json()["breadcrumbs"] == []
    assert amy.get(path).json()["breadcrumbs"] == crumbs


def test_the_list_is_filtered_by_ids_slugs_and_skus(anyone, amy):
    tea, pot = ProductFactory(slug="tea", sku="T-1"), ProductFactory(slug="pot", sku="P-1")
    shirt, draft = ShirtFactory(), ProductFactory(slug="draft", sku="D-1", is_published=False)
    rename(amy, f"{PRODUCTS}{tea.pk}/", "green-tea")

    def found(query, client=anyone):
        return [product["id"] for product in client.get(f"{PRODUCTS}?{query}").json()["products"]]

    assert found(f"ids={pot.pk},{tea.pk},{draft.pk},99999") == [tea.pk, pot.pk]
    assert found(f"ids={draft.pk}", amy) == [draft.pk]
    assert (
        found("slug=pot&slug=tea")
        == found("slug=green-tea&slug=POT&slug=pot")
        == [
            tea.pk,
            pot.pk,
        ]
    )
    assert found("slug=draft") == found("sku=D-1") == found("slug=nothing") == []
    assert found("sku=M-RED&sku=M-BLUE&sku=P-1") == [pot.pk, shirt.pk]
    assert found("sku=M-RED&slug=pot") == []
    many = ",".join(["1"] * 101)
    for query in (
        "ids=",
        "ids=0",
        "ids=1,",
        "ids=a",
        f"ids={2**63}",
        f"ids={many}",
        "slug=a b",
        "slug=",
        "sku=",
        f"sku={'x' * 256}",
        "ids=1&ids=2",
    ):
        assert anyone.get(f"{PRODUCTS}?{query}").status_code == 400, query
