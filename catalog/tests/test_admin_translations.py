"""Translations of products and categories on their pages in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.factories import UserFactory
from catalog.factories import CategoryFactory, ProductFactory, ShirtFactory
from catalog.models import Category, Product, ProductChange, ProductTranslation
from catalog.services import update_product
from catalog.translations.reads import translations_of
from shop.testing.pages import form_of

pytestmark = pytest.mark.django_db
TEXTS = {"name": "Kanne", "slug": "kanne", "description": "Fasst\n1 l.", "seo_title": ""}
TEXTS["seo_description"] = "Aus Ton"


@pytest.fixture(autouse=True)
def languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "pt-br": "português (Brasil)"}


@pytest.fixture
def pot(db):
    return ProductFactory(name="Teapot", slug="teapot", translations={"de": TEXTS})


def page_of(row):
    return f"/admin/catalog/{row._meta.model_name}/{row.pk}/change/"


def test_texts_of_a_product_are_edited_on_its_page(admin_browser, anyone, pot):
    path = f"/api/products/{pot.pk}/?lang=de"
    assert anyone.get(path).json()["name"] == "Kanne"
    page = admin_browser.get(page_of(pot))
    form = form_of(page)
    assert "Description (português (Brasil))" in page.content.decode()
    assert form["translation_de_description"] == ["Fasst\n1 l."]
    # A form that is sent as it was opened changes nothing, although browsers write CRLF.
    unchanged = form | {"translation_de_description": "Fasst\r\n1 l."}
    before = Product.objects.get(pk=pot.pk).changed_in
    assert admin_browser.post(page_of(pot), unchanged).status_code == 302
    assert Product.objects.get(pk=pot.pk).changed_in == before
    form = form_of(admin_browser.get(page_of(pot))) | {
        "translation_de_name": "Krug",
        "translation_de_seo_description": "",
        "translation_pt_br_name": "Bule",
        "translation_pt_br_description": "<p onclick='x'>Um <b>litro</b><script>y</script></p>",
    }
    assert admin_browser.post(page_of(pot), form).status_code == 302
    bule = {"name": "Bule", "slug": "bule", "description": "<p>Um <b>litro</b></p>"}
    assert translations_of("product", pot.pk) == {
        "de": TEXTS | {"name": "Krug", "seo_description": ""},
        "pt-br": bule | {"seo_title": "", "seo_description": ""},
    }
    assert anyone.get(path).json()["name"] == "Krug"
    log = ProductChange.objects.filter(product=pot, field="name (de)").latest("pk")
    assert (log.old, log.new, log.user.username) == ("Kanne", "Krug", "amy")
    assert "Name (Deutsch)" in LogEntry.objects.latest("pk").get_change_message()
    # Without any text the language is removed.
    form = form_of(admin_browser.get(page_of(pot)))
    form |= {name: "" for name in form if name.startswith("translation_de_")}
    assert admin_browser.post(page_of(pot), form).status_code == 302
    assert translations_of("product", pot.pk).keys() == {"pt-br"}


def test_wrong_texts_are_refused_at_their_fields(admin_browser, pot):
    ProductFactory(name="Jug", slug="jug", translations={"de": {"name": "Krug"}})
    for slug in ("krug", "jug"):
        form = form_of(admin_browser.get(page_of(pot)))
        form |= {"name": "Changed", "translation_de_slug": slug}
        answer = admin_browser.post(page_of(pot), form)
        errors = answer.context["adminform"].form.errors
        assert list(errors) == ["translation_de_slug"]
        assert f"The slug “{slug}” is already in use" in str(errors)
    form |= {
        "translation_de_slug": "a b",
        "translation_pt_br_name": "a\u202eb",
        "translation_pt_br_seo_title": "x" * 256,
    }
    errors = admin_browser.post(page_of(pot), form).context["adminform"].form.errors
    assert errors.keys() == {
        "translation_de_slug",
        "translation_pt_br_name",
        "translation_pt_br_seo_title",
    }
    assert Product.objects.get(pk=pot.pk).name == "Teapot"
    assert translations_of("product", pot.pk) == {"de": TEXTS}


def test_a_form_does_not_overwrite_what_somebody_has_written_meanwhile(admin_browser, pot):
    form = form_of(admin_browser.get(page_of(pot))) | {"translation_de_name": "Krug"}
    update_product(product_id=pot.pk, translations={"de": {"seo_title": "Neu"}})
    answer = admin_browser.post(page_of(pot), form)
    assert "SEO title (Deutsch) was changed to Neu" in answer.content.decode()
    assert translations_of("product", pot.pk) == {"de": TEXTS | {"seo_title": "Neu"}}
    # The form of a release or a shop without the language leaves it as it is.
    form = form_of(admin_browser.get(page_of(pot)))
    form = {name: v for name, v in form.items() if not name.startswith("translation_")}
    form.pop("form_state")
    assert admin_browser.post(page_of(pot), form | {"name": "Pot"}).status_code == 302
    assert Product.objects.get(pk=pot.pk).name == "Pot"
    assert translations_of("product", pot.pk) == {"de": TEXTS | {"seo_title": "Neu"}}


def test_only_products_in_shops_with_several_languages_have_the_fields(
    admin_browser, settings, pot
):
    shirt = ShirtFactory()
    variant = shirt.variants.first()
    assert "translation_de_name" not in admin_browser.get(page_of(variant)).content.decode()
    reader = UserFactory(is_staff=True)
    may = Permission.objects.filter(codename__in=["view_product", "view_category"])
    reader.user_permissions.set(may)
    browser = Client()
    browser.force_login(reader)
    kitchen = CategoryFactory(name="Kitchen", slug="kitchen")
    for row in (pot, kitchen):
        answer = browser.get(page_of(row))
        assert answer.status_code == 200
        assert "translation_de_name" not in answer.content.decode()
    settings.SHOP_LANGUAGES = {"en": "English"}
    for row in (pot, kitchen):
        assert "translation_" not in admin_browser.get(page_of(row)).content.decode()


def test_a_product_and_a_category_are_created_with_texts(admin_browser, anyone):
    path = "/admin/catalog/category/add/"
    form = form_of(admin_browser.get(path)) | {
        "name": "Kitchen",
        "slug": "kitchen",
        "translation_de_name": "Küche",
        "translation_de_seo_title": "Alles für die Küche",
    }
    assert admin_browser.post(path, form).status_code == 302
    kitchen = Category.objects.get()
    german = {"name": "Küche", "slug": "kueche", "seo_title": "Alles für die Küche"}
    assert translations_of("category", kitchen.pk) == {"de": german | {"seo_description": ""}}
    assert anyone.get(f"/api/categories/{kitchen.pk}/?lang=de").json()["name"] == "Küche"
    other = CategoryFactory(name="Cups", slug="cups")
    form = form_of(admin_browser.get(page_of(kitchen))) | {"translation_de_slug": "cups"}
    errors = admin_browser.post(page_of(kitchen), form).context["adminform"].form.errors
    assert list(errors) == ["translation_de_slug"]
    form = form_of(admin_browser.get(page_of(other))) | {"slug": "kueche"}
    errors = admin_browser.post(page_of(other), form).context["adminform"].form.errors
    assert list(errors) == ["slug"]
    form = form_of(admin_browser.get(page_of(kitchen)))
    form |= {"translation_de_slug": "kochen", "parent": ""}
    assert admin_browser.post(page_of(kitchen), form).status_code == 302
    assert anyone.get("/api/categories/kochen/?lang=de").json()["id"] == kitchen.pk
    path = "/admin/catalog/product/add/"
    form = form_of(admin_browser.get(path))
    form |= {"name": "Cup", "price": "3.00", "stock": "1", "translation_de_name": "Tasse"}
    assert admin_browser.post(path, form).status_code == 302
    assert ProductTranslation.objects.get(language="de", name="Tasse").slug == "tasse"
