"""Translations of the alternative texts of images, in one JSON column of their rows."""

import json

import pytest

from accounts.factories import staff_with
from cart.shipping.factories import create_method
from cart.tests.test_languages import ADDRESS
from catalog.factories import ProductFactory, ShirtFactory
from catalog.images.section import MAX_TRANSLATED
from catalog.models import ProductImage
from catalog.tests.exchange import export, import_content, notices_of, warnings_of
from catalog.tests.test_exports import empty_the_shop
from orders.models import OrderItem
from shop.testing.budget import query_budget
from shop.testing.pages import form_of

pytestmark = pytest.mark.django_db
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}
POT = {"de": {"alt": "Eine Kanne"}}


@pytest.fixture(autouse=True)
def languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "pt-br": "português (Brasil)"}


def add_image(product, alt, translations=None, **values):
    url = f"https://example.com/{alt}.jpg"
    return ProductImage.objects.create(
        product=product, source_url=url, alt=alt, translations=translations or {}, **values
    )


@pytest.fixture
def pot():
    """A pot with two images, of which the first is translated."""
    product = ProductFactory(name="Pot", slug="pot")
    add_image(product, "A pot", POT)
    add_image(product, "Its lid", position=1)
    return product


def alts_of(body):
    return body["image"]["alt"], [image["alt"] for image in body.get("images", ())]


def test_the_images_of_a_product_are_in_the_language(anyone, pot):
    path = f"/api/products/{pot.pk}/"
    assert alts_of(anyone.get(path).json()) == ("A pot", ["A pot", "Its lid"])
    german = ("Eine Kanne", ["Eine Kanne", "Its lid"])
    assert alts_of(anyone.get(path, headers=GERMAN).json()) == german
    assert alts_of(anyone.get("/api/products/pot/?lang=de").json()) == german
    assert alts_of(anyone.get(f"{path}?lang=pt-br").json()) == ("A pot", ["A pot", "Its lid"])
    ProductImage.objects.filter(alt="Its lid").update(translations={"pt-br": {"alt": "A tampa"}})
    changes = anyone.get("/api/products/changes/?lang=pt-br").json()["products"][0]
    assert alts_of(changes) == ("A pot", ["A pot", "A tampa"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/products/?lang=de", "products"),
        ("/api/products/?search=pot&lang=de", "products"),
        ("/api/products/suggest/?q=pot&lang=de", "products"),
    ],
)
def test_images_of_lists_are_in_the_language(anyone, pot, path, name):
    (found,) = anyone.get(path).json()[name]
    assert alts_of(found) == ("Eine Kanne", [])
    assert "translations" not in found["image"]


def test_images_of_variants_are_in_the_language(anyone, amy):
    shirt = ShirtFactory()
    variant = shirt.variants.order_by("pk")[0]
    add_image(variant, "A red shirt", {"de": {"alt": "Ein rotes Hemd"}})
    path = f"/api/products/{shirt.pk}/?lang=de"
    shown = next(v for v in anyone.get(path).json()["variants"] if v["id"] == variant.pk)
    assert shown["image"]["alt"] == "Ein rotes Hemd"
    changed = anyone.get("/api/products/changes/?lang=de").json()["products"][0]["variants"]
    assert [v["image"] and v["image"]["alt"] for v in changed].count("Ein rotes Hemd") == 1
    for_staff = next(v for v in amy.get(path).json()["variants"] if v["id"] == variant.pk)
    assert for_staff["image"]["translations"] == {"de": {"alt": "Ein rotes Hemd"}}


def test_one_statement_reads_all_translations_of_a_product(anyone, pot):
    anyone.get(f"/api/products/{pot.pk}/")
    with query_budget(4):  # the revision, the product, its texts with those of images, attributes
        assert anyone.get(f"/api/products/{pot.pk}/?lang=de").json()["image"]["alt"] == "Eine Kanne"


def test_carts_and_orders_have_the_images_of_their_language(ada, pot):
    create_method(prices={"DE": "4.90"})
    items = [{"product_id": pot.pk, "quantity": 1}]
    assert ada.post("/api/cart/", {"items": items, "shipping_address": ADDRESS}).status_code == 201
    english = ada.get("/api/cart/").json()
    assert english["cart_items"][0]["image"]["alt"] == "A pot"
    german = ada.get("/api/cart/?lang=de").json()["cart_items"][0]
    assert german["image"]["alt"] == "Eine Kanne"
    body = {"cart_id": english["cart_id"]}
    assert ada.post("/api/orders/", body, headers=GERMAN).status_code == 201
    ProductImage.objects.update(translations={})
    (item,) = OrderItem.objects.all()
    assert item.image["alt"] == "Eine Kanne"


def test_staff_read_and_write_translations_by_the_api(amy, anyone, pot):
    image = pot.images.order_by("position")[0]
    path = f"/api/products/{pot.pk}/images/{image.pk}/"
    product = f"/api/products/{pot.pk}/"
    shown = amy.get(product).json()
    assert [each["translations"] for each in shown["images"]] == [POT, {}]
    assert shown["image"]["translations"] == POT
    assert "translations" not in anyone.get(product).json()["images"][0]
    new = {"de": {"alt": " Eine rote Kanne "}, "pt-br": {"alt": ""}}
    changed = amy.patch(path, {"translations": new})
    assert (changed.status_code, changed.json()["translations"]) == (
        200,
        {"de": {"alt": "Eine rote Kanne"}},
    )
    assert anyone.get(f"{product}?lang=de").json()["image"]["alt"] == "Eine rote Kanne"
    assert amy.patch(path, {"translations": {}}).json()["translations"] == {}
    assert anyone.get(f"{product}?lang=de").json()["image"]["alt"] == "A pot"


@pytest.mark.parametrize(
    ("translations", "reason"),
    [
        ({"fr": {"alt": "X"}}, "The shop does not translate to fr."),
        ({"de": {"name": "X"}}, "name cannot be translated. Expected one of: alt."),
        ({"de": {"alt": "x" * 513}}, "de.alt may have at most 512 characters."),
    ],
)
def test_translations_that_do_not_fit_are_refused(amy, pot, translations, reason):
    image = pot.images.order_by("position")[0]
    path = f"/api/products/{pot.pk}/images/{image.pk}/"
    answer = amy.patch(path, {"translations": translations})
    assert answer.status_code == 400
    assert reason in answer.content.decode()
    image.refresh_from_db()
    assert image.translations == POT


def test_a_language_that_the_shop_had_before_is_kept(amy, pot, settings):
    image = pot.images.order_by("position")[0]
    settings.SHOP_LANGUAGES = {"en": "English", "fr": "français"}
    path = f"/api/products/{pot.pk}/images/{image.pk}/"
    changed = amy.patch(path, {"translations": {"fr": {"alt": "Un pot"}}}).json()
    assert changed["translations"] == {"fr": {"alt": "Un pot"}}
    image.refresh_from_db()
    assert image.translations == {**POT, "fr": {"alt": "Un pot"}}


def test_staff_translate_images_on_the_page_of_the_product(admin_browser, pot):
    first, second = pot.images.order_by("position")
    path = f"/admin/catalog/product/{pot.pk}/change/"
    form = form_of(admin_browser.get(path))
    assert form[f"image_{first.pk}_translations_de_alt"] == ["Eine Kanne"]
    form |= {
        f"image_{first.pk}_translations_de_alt": "",
        f"image_{first.pk}_translations_pt-br_alt": "Um bule",
        f"image_{second.pk}_translations_de_alt": "Der Deckel",
    }
    assert admin_browser.post(path, form).status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.translations == {"pt-br": {"alt": "Um bule"}}
    assert second.translations == {"de": {"alt": "Der Deckel"}}


def test_many_images_are_translated_on_their_own_pages(admin_browser, pot, settings):
    codes = ("de", "pt-br", "fr", "it", "es", "nl", "pl", "cs", "da", "fi", "sv")
    settings.SHOP_LANGUAGES = {"en": "English", **dict.fromkeys(codes, "x")}
    for number in range(MAX_TRANSLATED // len(codes)):
        add_image(pot, f"Image {number}", position=number)
    path = f"/admin/catalog/product/{pot.pk}/change/"
    assert "_translations_" not in admin_browser.get(path).content.decode()
    image = pot.images.order_by("pk")[0]
    path = f"/admin/catalog/productimage/{image.pk}/change/"
    form = form_of(admin_browser.get(path)) | {"translations_fr_alt": "Un pot"}
    assert admin_browser.post(path, form).status_code == 302
    image.refresh_from_db()
    assert image.translations == {**POT, "fr": {"alt": "Un pot"}}


def test_staff_who_may_not_change_images_see_no_inputs(client, pot):
    client.force_login(staff_with("catalog.view_product", "catalog.change_product"))
    page = client.get(f"/admin/catalog/product/{pot.pk}/change/")
    assert page.status_code == 200
    assert "_translations_" not in page.content.decode()


TABLE = """row,slug,name,price,picture,alt,alt:de,Alt:PT-BR
product,pot,Pot,24.00,,,,
picture,,,,https://example.com/1.jpg,A pot,Eine Kanne,Um bule
picture,,,,https://example.com/2.jpg,Its lid,,
"""


def stored():
    return list(ProductImage.objects.order_by("position").values_list("translations", flat=True))


def test_images_are_imported_with_their_translations():
    assert import_content(TABLE)[0] == (1, 0, 0, 0)
    assert stored() == [{"de": {"alt": "Eine Kanne"}, "pt-br": {"alt": "Um bule"}}, {}]
    assert import_content(TABLE)[0] == (0, 0, 1, 0)
    table = "row,slug,picture,alt:de\nproduct,pot,,\npicture,,https://example.com/1.jpg,{}\n"
    assert import_content(table.format("Kanne"))[0] == (0, 1, 0, 0)
    assert stored()[0] == {"de": {"alt": "Kanne"}, "pt-br": {"alt": "Um bule"}}
    assert import_content(table.format(""))[0] == (0, 1, 0, 0)
    assert stored()[0] == {"pt-br": {"alt": "Um bule"}}
    _, results = import_content(table.format("x" * 513))
    assert [text for text in warnings_of(results) if "alt:de" in text]
    assert stored()[0] == {"de": {"alt": "x" * 512}, "pt-br": {"alt": "Um bule"}}
    notices = notices_of("slug,name,price,alt:de\ncup,Cup,5.00,Eine Tasse\n")
    assert "alt:de of product rows" in notices[0]


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_an_export_of_translated_images_comes_back_the_same(form):
    import_content(TABLE)
    before, table, rows = export(form), export("csv"), stored()
    assert import_content(before, name=f"file.{form}")[0] == (0, 0, 1, 0)
    assert notices_of(before, name=f"file.{form}") == []
    empty_the_shop()
    assert import_content(before, name=f"file.{form}")[0] == (1, 0, 0, 0)
    assert (export("csv"), stored()) == (table, rows)
    if form == "json":
        (first, _) = json.loads(before)[-1]["pictures"]
        assert first["translations"] == {"de": {"alt": "Eine Kanne"}, "pt-br": {"alt": "Um bule"}}
