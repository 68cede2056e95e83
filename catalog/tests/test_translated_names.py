"""Translations of attributes, options and collections in one JSON column of their rows."""

import pytest

from catalog import services
from catalog.factories import ProductFactory, ShirtFactory
from catalog.models import Attribute, Collection, OptionTranslation
from shop.testing.marks import on_one_engine
from shop.testing.pages import form_of

pytestmark = [pytest.mark.django_db, on_one_engine]
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}
MATERIAL = {"de": {"name": "Werkstoff", "choices": {"Clay": "Ton"}}}


@pytest.fixture(autouse=True)
def languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "français"}


@pytest.fixture
def material(db):
    return services.create_attribute(
        name="Material",
        slug="material",
        kind="choice",
        choices=["Clay", "Glass"],
        translations=MATERIAL,
    )


@pytest.fixture
def shirt(material):
    """A shirt of clay, whose size and one of its values are translated."""
    services.create_option_translation(
        name="SIZE", translations={"de": {"name": "Größe", "values": {"s": "klein"}}}
    )
    return ShirtFactory(attributes={"material": "Clay"})


def test_products_have_the_names_of_the_language(anyone, shirt):
    path = f"/api/products/{shirt.pk}/"
    english, german = anyone.get(path).json(), anyone.get(path, headers=GERMAN).json()
    assert english["attributes"][0]["name"] == "Material"
    assert english["options"][0]["values"][0] == "S"
    assert german["attributes"] == [
        {"slug": "material", "name": "Werkstoff", "kind": "choice", "value": "Ton"}
    ]
    assert german["options"][0] == {"name": "Größe", "values": ["klein", "M"]}
    assert german["options"][1] == english["options"][1]
    assert german["variants"][0]["choice"] == {"Größe": "klein", "Colour": "Red"}
    variant = anyone.get(f"/api/products/{english['variants'][0]['id']}/?lang=de").json()
    assert variant["choice"] == {"Größe": "klein", "Colour": "Red"}
    assert anyone.get(f"{path}?lang=fr").json()["options"] == english["options"]
    services.update_option_translation(
        translation_id=OptionTranslation.objects.get().pk,
        translations={"de": {"values": {"M": "mittel"}}},
    )
    assert anyone.get(f"{path}?lang=de").json()["options"][0] == {
        "name": "Size",
        "values": ["S", "mittel"],
    }


def test_facets_have_labels_beside_the_values_of_the_filters(anyone, shirt):
    ProductFactory(attributes={"material": "Glass"})
    body = anyone.get("/api/products/?include=facets&lang=de").json()
    assert body["facets"]["attributes"] == [
        {
            "slug": "material",
            "name": "Werkstoff",
            "kind": "choice",
            "values": [
                {"value": "Clay", "label": "Ton", "count": 1},
                {"value": "Glass", "label": "Glass", "count": 1},
            ],
        }
    ]
    size = body["facets"]["options"][1]
    assert (size["name"], size["label"]) == ("Size", "Größe")
    assert {each["value"]: each["label"] for each in size["values"]} == {"S": "klein", "M": "M"}
    english = anyone.get("/api/products/?include=facets").json()["facets"]
    assert english["attributes"][0]["name"] == "Material"
    assert anyone.get("/api/products/?option.size=S&attr.material=Clay").json()["count"] == 1


@pytest.mark.parametrize(
    ("translations", "reason"),
    [
        ([], "Translations must be an object whose members are languages."),
        ({"en": {"name": "X"}}, "The shop does not translate to en. Expected one of: de, fr."),
        ({"de": {"slug": "x"}}, "slug cannot be translated. Expected one of: name, choices."),
        ({"de": []}, "The translations to de must be an object."),
        ({"de": {"name": 1}}, "de.name must be a text."),
        ({"de": {"name": "x" * 101}}, "de.name may have at most 100 characters."),
        ({"de": {"choices": "Ton"}}, "must be an object of texts by the original text."),
        ({"de": {"choices": {"Steel": "Stahl"}}}, "The attribute has no choice “Steel”."),
    ],
)
def test_translations_that_do_not_fit_are_refused(amy, material, translations, reason):
    answer = amy.patch(f"/api/attributes/{material.pk}/", {"translations": translations})
    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert Attribute.objects.get().translations == MATERIAL


def test_staff_translate_attributes_and_collections_by_the_api(amy, anyone):
    body = {"name": "Litres", "slug": "litres", "kind": "number"}
    texts = {"de": {"name": " Liter "}, "fr": {"name": ""}}
    made = amy.post("/api/attributes/", {**body, "translations": texts})
    assert (made.status_code, made.json()["translations"]) == (201, {"de": {"name": "Liter"}})
    assert anyone.get("/api/attributes/?lang=de").json()["attributes"][0]["name"] == "Liter"
    assert "translations" not in anyone.get("/api/attributes/").json()["attributes"][0]
    of_gifts = {"de": {"name": "Geschenke", "description": "Kleines"}}
    gifts = {"name": "Gifts", "slug": "gifts", "translations": of_gifts}
    pk = amy.post("/api/collections/", gifts).json()["id"]
    path = f"/api/collections/{pk}/"
    german = anyone.get(path, headers=GERMAN)
    assert german.json() == {"id": pk, "slug": "gifts", **of_gifts["de"]}
    assert german["Content-Language"] == "de"
    assert anyone.get(path).json()["name"] == "Gifts"
    assert amy.get(path).json()["translations"] == of_gifts
    assert amy.patch(path, {"translations": {}}).json()["translations"] == {}


def test_a_removed_choice_loses_its_translations(amy, material):
    answer = amy.patch(f"/api/attributes/{material.pk}/", {"choices": ["Glass"]})
    assert answer.json()["translations"] == {"de": {"name": "Werkstoff", "choices": {}}}


def test_staff_translate_in_the_admin_by_language_and_member(admin_browser, material):
    path = f"/admin/catalog/attribute/{material.pk}/change/"
    form = form_of(admin_browser.get(path))
    assert form["translations_de_choices"] == ["Clay = Ton\nGlass = "]
    form |= {"translations_fr_name": "Matière", "translations_de_choices": "Glass = Glas\n"}
    assert admin_browser.post(path, form).status_code == 302
    assert Attribute.objects.get().translations == {
        "de": {"name": "Werkstoff", "choices": {"Glass": "Glas"}},
        "fr": {"name": "Matière"},
    }
    form = form_of(admin_browser.get(path)) | {"translations_de_choices": "Glas"}
    assert (
        "Write each line as text = translation" in admin_browser.post(path, form).content.decode()
    )
    path = "/admin/catalog/optiontranslation/add/"
    form = form_of(admin_browser.get(path)) | {
        "name": "Size",
        "translations_de_values": "S = klein",
    }
    assert admin_browser.post(path, form).status_code == 302
    assert OptionTranslation.objects.get().translations == {"de": {"values": {"S": "klein"}}}
    again = form_of(admin_browser.get(path)) | {"name": "size"}
    assert "has translations already" in admin_browser.post(path, again).content.decode()
    assert not Collection.objects.exists()


def test_texts_of_a_language_that_was_removed_are_kept(admin_browser, amy, settings, material):
    french = {"fr": {"name": "Matière"}}
    services.update_attribute(attribute_id=material.pk, translations=MATERIAL | french)
    option = services.create_option_translation(name="Size", translations=french)
    sea = services.create_collection(name="Sea", slug="sea", translations=french)
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch"}
    for row in (material, option, sea):
        path = f"/admin/catalog/{row._meta.model_name}/{row.pk}/change/"
        form = form_of(admin_browser.get(path))
        assert "translations_fr_name" not in form
        form["translations_de_name"] = "Neu"
        assert admin_browser.post(path, form).status_code == 302
        row.refresh_from_db()
        assert row.translations["de"]["name"] == "Neu"
        assert row.translations["fr"] == french["fr"]
    for row, path in ((material, "/api/attributes/"), (sea, "/api/collections/")):
        german = {"de": {"name": "Neuer"}}
        answer = amy.patch(f"{path}{row.pk}/", {"translations": german})
        assert answer.json()["translations"] == german
        row.refresh_from_db()
        assert row.translations == german | french
        assert amy.patch(f"{path}{row.pk}/", {"translations": french}).status_code == 400
