"""Carts and orders in a language of the shop: products, options, shipping, taxes, promotions."""

import pytest

from cart.promotions.factories import create_promotion
from cart.shipping.factories import create_method
from cart.shipping.models import ShippingMethod
from cart.taxes.factories import create_tax_rate
from catalog.factories import ProductFactory, ShirtFactory
from catalog.models import ProductTranslation
from catalog.services import create_option_translation
from orders.models import Order
from shop.testing.pages import form_of

pytestmark = pytest.mark.django_db
CART = "/api/cart/"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}
BERLIN = {"line1": "Torstraße 1", "postal_code": "10119", "city": "Berlin", "country": "DE"}
ADDRESS = {"name": "Ada Lovelace", **BERLIN}


@pytest.fixture
def cart(settings, ada):
    """The cart of a buyer, of which everything but the second product is translated."""
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "français"}
    create_method(prices={"DE": "4.90"}, translations={"de": {"name": "Standardversand"}})
    create_tax_rate("DE", "19", translations={"de": {"name": "Umsatzsteuer"}})
    create_promotion("Summer", translations={"de": {"name": "Sommer"}})
    shirt, tea = ShirtFactory(), ProductFactory(name="Tea", slug="tea")
    ProductTranslation.objects.create(
        product=shirt, language="de", name="Hemd", slug="hemd-aus-leinen"
    )
    values = {"Red": "Rot", "s": "klein"}
    create_option_translation(name="size", translations={"de": {"name": "Größe", "values": values}})
    variant = shirt.variants.order_by("pk")[0]
    items = [{"product_id": product.pk, "quantity": 1} for product in (variant, tea)]
    answer = ada.post(CART, {"items": items, "shipping_address": ADDRESS})
    assert answer.status_code == 201
    return variant


def texts_of(body):
    return {
        "items": [(item["name"], item["slug"], item["options"]) for item in body["cart_items"]],
        "shipping": [method["name"] for method in body["shipping_methods"]],
        "taxes": [tax["name"] for tax in body["taxes"]],
        "discounts": [discount["name"] for discount in body["discounts"]],
    }


IN_GERMAN = {
    "items": [
        ("Hemd – klein / Red", "hemd-aus-leinen", {"Größe": "klein", "Colour": "Red"}),
        ("Tea", "tea", {}),
    ],
    "shipping": ["Standardversand"],
    "taxes": ["Umsatzsteuer"],
    "discounts": ["Sommer"],
}


def test_a_cart_is_in_the_language_of_the_request(ada, cart):
    english = texts_of(ada.get(CART).json())
    assert english["items"][0][2] == {"Size": "S", "Colour": "Red"}
    assert (english["shipping"], english["taxes"]) == (["Standard"], ["VAT"])
    assert english["discounts"] == ["Summer"]
    assert texts_of(ada.get(CART, headers=GERMAN).json()) == IN_GERMAN
    assert texts_of(ada.get(f"{CART}?lang=de").json()) == IN_GERMAN
    assert texts_of(ada.get(f"{CART}?lang=fr").json()) == english
    refused = ada.get(f"{CART}?lang=it")
    assert refused.status_code == 400
    assert "en, de, fr" in refused.content.decode()


def test_a_shop_with_one_language_refuses_others(ada, cart, settings):
    settings.SHOP_LANGUAGES = {"en": "English"}
    for query in ("lang=", "lang=de"):
        assert ada.get(f"{CART}?{query}").status_code == 400
        assert ada.patch(f"{CART}?{query}", {"note": "Ring twice"}).status_code == 400
    assert ada.get(CART).json()["note"] is None
    assert ada.get(f"{CART}?lang=EN").json() == ada.get(CART).json()


@pytest.mark.parametrize(("chosen", "headers"), [(None, GERMAN), ("de", {})])
def test_an_order_keeps_the_texts_of_its_language(ada, cart, chosen, headers):
    if chosen:
        ada.patch(CART, {"language": chosen})
    cart_id = ada.get(CART).json()["cart_id"]
    answer = ada.post("/api/orders/", {"cart_id": cart_id}, headers=headers)
    assert answer.status_code == 201
    order = Order.objects.get()
    assert order.language == "de"
    assert order.shipping_method["name"] == "Standardversand"
    items = list(order.items.order_by("pk").values_list("name", "options"))
    assert items == [(name, options) for name, _slug, options in IN_GERMAN["items"]]
    assert set(order.adjustments.values_list("name", flat=True)) == {"Standardversand", "Sommer"}
    assert order.taxes.get().name == "Umsatzsteuer"


def test_texts_of_a_language_that_was_removed_are_kept(settings, admin_browser, cart):
    method = ShippingMethod.objects.get()
    french = {"fr": {"name": "Standard"}}
    ShippingMethod.objects.update(translations=method.translations | french)
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch"}
    path = f"/admin/cart/shippingmethod/{method.pk}/change/"
    form = form_of(admin_browser.get(path)) | {"translations_de_name": ""}
    assert admin_browser.post(path, form).status_code == 302
    method.refresh_from_db()
    assert method.translations == french
