"""Slugs of any script, in the API, the admin, filters and services."""

import unicodedata

import pytest
from rest_framework.exceptions import ValidationError

from catalog.factories import ProductFactory
from catalog.models import Attribute, Category, Product
from shop.core.fields import SlugField
from shop.core.slugs import fold_name, is_slug, make_slug, normalize_slug
from shop.testing.marks import on_one_database

GOOD = {
    "緑茶ギフト": "緑茶ギフト",
    "Чайник-Синий": "чайник-синий",
    "CAFE\u0301-creme": "café-creme",
    "x™": "xtm",
    "ｔｅａ": "tea",
    "Old_Slug--1": "Old_Slug--1",
}
BAD = [
    "a b",
    "a/b",
    "a.b",
    "a?b",
    "a\u202eb",
    "a\u200bb",
    "a\u00adb",
    "ä\u200d",
    "ä\ufe0f",
    "ä\u3164",
    "ä\u00a0b",
    "ä\x07",
    "ä！",
]


@pytest.mark.parametrize(("written", "stored"), GOOD.items())
def test_slugs_have_one_form(written, stored):
    assert normalize_slug(written) == stored
    assert is_slug(stored)
    assert normalize_slug(stored) == stored


@pytest.mark.parametrize("slug", BAD)
def test_spaces_signs_and_invisible_characters_are_no_part_of_a_slug(slug):
    assert not is_slug(normalize_slug(slug))


@on_one_database
def test_every_slug_that_is_made_is_valid():
    """For every character of Unicode; of those that are unassigned or private, some."""
    for number in range(0x110000):
        if number % 256 == 0 or unicodedata.category(chr(number)) not in {"Cn", "Co", "Cs"}:
            slug = make_slug(f"{chr(number)}a{chr(number)}", length=9, default="x")
            assert is_slug(slug), hex(number)
    assert make_slug("é" * 300, length=245, default="x") == "e" * 245
    assert make_slug("♥ !", length=245, default="x") == "x"


@pytest.mark.parametrize(
    ("language", "name", "slug"),
    [
        ("de", "Große Küche Öl", "grosse-kueche-oel"),
        ("de-at", "Ku\u0308che ÄRA", "kueche-aera"),
        ("da", "Rødgrød på Æbler", "roedgroed-paa-aebler"),
        ("nb", "Blåbær", "blaabaer"),
        ("sv", "Blå kött", "bla-kott"),
        ("en", "Küche", "kuche"),
        ("", "Küche", "kuche"),
    ],
)
def test_letters_become_what_a_language_writes_instead(language, name, slug):
    assert make_slug(name, length=50, default="x", language=language) == slug


@pytest.mark.django_db
def test_slugs_of_new_products_follow_the_language_of_the_shop(amy, settings):
    def create(name):
        return amy.post("/api/products/", {"name": name, "price": "1.00"}).json()

    first = create("Küche")
    assert first["slug"] == "kuche"
    settings.SHOP_LANGUAGES = {"de": "Deutsch", "en": "English"}
    assert create("Küche")["slug"] == "kueche"
    assert amy.get(f"/api/products/{first['id']}/").json()["slug"] == "kuche"


def test_names_are_compared_without_case_width_and_spaces():
    assert fold_name(" Ｇreen\u00a0 TEA ") == "green tea"
    assert fold_name("C++") != fold_name("C#")


@pytest.mark.django_db
@pytest.mark.parametrize(("written", "stored"), GOOD.items())
def test_api_admin_and_filters_accept_the_same_slugs(amy, admin_browser, anyone, written, stored):
    product = {"name": "A", "price": "1.00", "slug": written}
    assert amy.post("/api/products/", product).json()["slug"] == stored
    body = {"name": "B", "slug": written}
    assert amy.post("/api/categories/", body).json()["slug"] == stored
    body = {"name": "C", "slug": written, "kind": "text"}
    assert amy.post("/api/attributes/", body).json()["slug"] == stored
    tea = ProductFactory(name="Tea")
    body = {"attributes": {written: "yes"}}
    assert amy.patch(f"/api/products/{tea.pk}/", body).status_code == 200
    found = anyone.get("/api/products/", {f"attr.{written}": "yes"}).json()["products"]
    assert [row["id"] for row in found] == [tea.pk]
    Category.objects.all().delete()
    form = {"name": "B", "slug": written, "position": "0"}
    assert admin_browser.post("/admin/catalog/category/add/", form).status_code == 302
    assert Category.objects.get().slug == stored


@pytest.mark.django_db
@pytest.mark.parametrize("slug", BAD)
def test_api_and_admin_refuse_the_same_slugs(amy, admin_browser, slug):
    for path, more in (
        ("products", {"price": "1.00"}),
        ("categories", {}),
        ("attributes", {"kind": "text"}),
    ):
        response = amy.post(f"/api/{path}/", {"name": "A", "slug": slug, **more})
        assert response.status_code == 400
    form = {"name": "B", "slug": slug, "position": "0"}
    page = admin_browser.post("/admin/catalog/category/add/", form).content.decode()
    assert "Use letters, digits, hyphens and underscores, and no spaces." in page
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert not Attribute.objects.exists()


def test_a_slug_is_measured_in_its_stored_form():
    field = SlugField(max_length=10)
    assert field.run_validation("x™x™x") == "xtmxtmx"
    with pytest.raises(ValidationError):
        field.run_validation("㍿㍿㍿")
