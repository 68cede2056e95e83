"""The admin of shipping, taxes, promotions and vouchers, as a browser uses it."""

import csv
from datetime import date
from decimal import Decimal

import pytest

from cart.configuration import current_configuration
from cart.promotions.factories import create_promotion, create_voucher
from cart.promotions.models import Promotion, PromotionScope, Voucher
from cart.promotions.services import make_codes
from cart.shipping.factories import create_method
from cart.shipping.models import ShippingMethod, ShippingRate
from cart.taxes.factories import create_tax_rate
from cart.taxes.models import ShippingTax, TaxRate
from catalog.factories import CategoryFactory, ProductFactory
from shop.core.models import ConfigurationRevision
from shop.testing.marks import on_one_engine
from shop.testing.pages import choose, form_of, messages_of, submit

pytestmark = on_one_engine

METHODS = "/admin/cart/shippingmethod/"
RATES = "/admin/cart/shippingrate/"
TAXES = "/admin/cart/taxrate/"
PROMOTIONS = "/admin/cart/promotion/"
VOUCHERS = "/admin/cart/voucher/"
D = Decimal


def errors_of(page):
    form = page.context["adminform"].form if "adminform" in page.context else page.context["form"]
    return {name: list(errors) for name, errors in form.errors.items()}


def add(browser, path, **values):
    return submit(
        browser, browser.get(f"{path.split('?')[0]}add/?{path.partition('?')[2]}"), **values
    )


# -- Shipping ------------------------------------------------------------------------------------


def test_a_method_and_its_rates_are_used_at_once(admin_browser):
    page = add(admin_browser, METHODS, name="Parcel", code="parcel", free_from="50")
    method = ShippingMethod.objects.get()
    assert page.redirect_chain == [(f"{METHODS}{method.pk}/change/", 302)]
    assert f'href="{RATES}add/?method={method.pk}"' in page.content.decode()
    page = add(
        admin_browser,
        f"{RATES}?method={method.pk}",
        countries="de, AT",
        price="4.90",
        total_below="50",
    )
    assert page.redirect_chain == [(f"{METHODS}{method.pk}/change/", 302)]
    assert "total below 50.00" in page.content.decode()
    (found,) = current_configuration().pricing.shipping_methods
    (rate,) = found.rates
    assert (found.free_from, rate.countries, rate.price) == (50, {"DE", "AT"}, D("4.90"))
    page = submit(
        admin_browser, admin_browser.get(f"{RATES}{method.rates.get().pk}/change/"), price="5"
    )
    assert current_configuration().pricing.shipping_methods[0].rates[0].price == 5
    list_page = admin_browser.get(METHODS).content.decode()
    assert "AT, DE" in list_page


@pytest.mark.parametrize(
    ("values", "name", "sentence"),
    [
        (
            {"countries": "DE, AT"},
            "__all__",
            (
                "The method already has a rate for DE, any total and weight. Change its band, or "
                "name regions or postal codes in one of the two."
            ),
        ),
        (
            {"countries": "Germany"},
            "countries",
            "“GERMANY” is not the code of a country. Use two letters, such as DE.",
        ),
        (
            {"countries": "FR, IT", "postal_prefixes": "20"},
            "postal_prefixes",
            "Regions and postal codes need exactly one country.",
        ),
        (
            {"countries": "FR", "total_from": "9", "total_below": "9"},
            "__all__",
            "The upper limit of a band must be above the lower one.",
        ),
        ({"countries": ""}, "countries", "This field is required."),
        ({"price": "-1"}, "__all__", "The price of shipping must not be negative."),
    ],
)
def test_a_rate_that_is_refused_is_shown_again(admin_browser, values, name, sentence):
    method = create_method(prices={"DE": "4.90"})
    before = str(ConfigurationRevision.objects.get())
    page = add(
        admin_browser, f"{RATES}?method={method.pk}", **{"countries": "FR", "price": "9"} | values
    )
    assert errors_of(page) == {name: [sentence]}
    assert ShippingRate.objects.count() == 1
    assert str(ConfigurationRevision.objects.get()) == before


def test_a_rate_that_is_sent_twice_is_added_once(admin_browser):
    method = create_method(prices={})
    path = f"{RATES}add/?method={method.pk}"
    form = form_of(admin_browser.get(path)) | {"countries": "DE", "price": "9"}
    for _ in range(2):
        page = admin_browser.post(path, form, follow=True)
    assert messages_of(page)[0].startswith("This form was already sent; nothing was changed.")
    assert ShippingRate.objects.count() == 1


# -- Taxes ---------------------------------------------------------------------------------------


def test_tax_rates_and_the_tax_on_shipping(admin_browser):
    values = {"country": "de", "rate": "19", "name": "VAT", "valid_from": "2020-01-01"}
    page = add(admin_browser, TAXES, **values)
    assert errors_of(page) == {"source": ["This field is required."]}
    page = submit(admin_browser, page, source="§ 12 UStG")
    assert str(TaxRate.objects.get()) == "DE: VAT 19 %"
    page = add(admin_browser, TAXES, **values, source="Another")
    assert list(errors_of(page).values()) == [
        ["There is a standard rate for this country, region and day already."]
    ]
    page = add(admin_browser, TAXES, **values | {"country": "xx"}, source="Law")
    assert errors_of(page) == {
        "country": ["“XX” is not the code of a country. Use two letters, such as DE."]
    }
    assert TaxRate.objects.count() == 1
    add(admin_browser, "/admin/cart/shippingtax/", country="de", rule="highest")
    assert current_configuration().pricing.taxes.shipping_tax("DE") == "highest"
    assert ShippingTax.objects.get().country == "DE"


# -- Promotions and vouchers ---------------------------------------------------------------------


def test_a_promotion_for_selected_products(admin_browser, tea):
    drinks = CategoryFactory()
    values = {"name": "Tea week", "kind": "percent", "scope": "selection"}
    page = add(admin_browser, PROMOTIONS, **values, value="101", products=[tea.pk])
    (sentence,) = errors_of(page)["__all__"]
    assert sentence.startswith("A percentage must be more than 0 and at most 100")
    assert not Promotion.objects.exists()
    submit(admin_browser, page, value="20")
    (found,) = current_configuration().pricing.promotions
    assert (found.name, found.value, found.product_ids) == ("Tea week", 20, {tea.pk})
    path = f"{PROMOTIONS}{found.id}/change/"
    submit(admin_browser, admin_browser.get(path), products=[], categories=[drinks.pk])
    (found,) = current_configuration().pricing.promotions
    assert (found.product_ids, found.category_ids) == (frozenset(), {drinks.pk})


def test_an_amount_has_the_decimals_of_the_currency(admin_browser, settings):
    settings.SHOP_CURRENCY = "JPY"
    values = {"name": "Yen", "value": "12.50"}
    page = add(admin_browser, PROMOTIONS, **values, kind="fixed_amount")
    assert errors_of(page) == {"value": ["The currency has no decimals."]}
    submit(admin_browser, page, kind="percent")
    assert Promotion.objects.get().value == D("12.50")
    method = create_method(prices={})
    page = add(admin_browser, f"{RATES}?method={method.pk}", countries="JP", price="499.50")
    assert errors_of(page) == {"price": ["The currency has no decimals."]}
    submit(admin_browser, page, price="500")
    assert ShippingRate.objects.get().price == 500


def test_a_promotion_with_vouchers_stays(admin_browser):
    promotion = create_promotion(needs_code=True)
    create_voucher(promotion=promotion)
    page = admin_browser.post(f"{PROMOTIONS}{promotion.pk}/delete/", {"post": "yes"}, follow=True)
    assert page.status_code == 200
    page = choose(admin_browser, PROMOTIONS, "delete_selected", promotion)
    assert "It is in use, and cannot be deleted. Deactivate it instead." in page.content.decode()
    assert Promotion.objects.exists()


def test_the_code_of_a_voucher_is_unique_in_any_spelling(admin_browser):
    voucher = create_voucher("Summer", max_uses=5)
    create_promotion("Automatic")
    values = {"promotion": voucher.promotion_id}
    page = add(admin_browser, VOUCHERS, **values, code="SUMMER")
    assert errors_of(page) == {"code": ["There is a voucher with this code already."]}
    assert "Automatic" not in str(page.context["adminform"].form["promotion"])
    page = submit(admin_browser, page, code="= 1+1")
    assert errors_of(page) == {"code": ["At least three letters, digits, - and _ only."]}
    Voucher.objects.update(used=3)
    page = submit(admin_browser, admin_browser.get(f"{VOUCHERS}{voucher.pk}/change/"), max_uses="2")
    assert errors_of(page)["__all__"][0].startswith("A voucher cannot be used more often than")
    assert Voucher.objects.get().max_uses == 5
    found = admin_browser.get(VOUCHERS, {"q": "sUmm"}).context["cl"]
    assert [row.code for row in found.queryset] == ["Summer"]


def test_many_codes_are_made_once_and_downloaded(admin_browser):
    promotion = create_promotion(needs_code=True)
    create_voucher("OTHER", promotion=promotion)
    path = f"{PROMOTIONS}{promotion.pk}/codes/"
    form = form_of(admin_browser.get(path)) | {
        "number": "3",
        "code_prefix": "FAIR-",
        "batch": "Fair & Co",
    }
    first = admin_browser.post(path, form, follow=True)
    again = admin_browser.post(path, form, follow=True)
    assert first.redirect_chain == again.redirect_chain == [(f"{VOUCHERS}?batch=Fair+%26+Co", 302)]
    assert messages_of(first) == ["Made 3 codes: Fair & Co."]
    link = f"{VOUCHERS}export/?batch=Fair%20%26%20Co"
    assert f'href="{link}"' in first.content.decode()
    download = admin_browser.get(link)
    rows = list(csv.DictReader(download.content.decode().splitlines()))
    codes = set(Voucher.objects.filter(batch="Fair & Co").values_list("code", flat=True))
    assert {row["code"] for row in rows} == codes
    assert len(codes) == 3
    assert all(code.startswith("FAIR-") for code in codes)
    assert (rows[0]["promotion"], rows[0]["max_uses"], rows[0]["used"]) == ("Ten percent", "1", "0")
    everything = admin_browser.get(f"{VOUCHERS}export/").content.decode()
    assert len(everything.splitlines()) == 5
    page = submit(admin_browser, admin_browser.get(path), code_prefix="=cmd", batch="Bad")
    assert errors_of(page) == {"code_prefix": ["Use letters, digits, - and _ only."]}
    assert Voucher.objects.count() == 4


# -- The preview ---------------------------------------------------------------------------------


def steps(page):
    sample = page.context["sample"]
    return [(s.label, s.name, s.detail, s.amount, s.total) for s in sample.steps]


def test_the_preview_shows_each_step_of_a_sample_cart(admin_browser, settings, tea):
    """Tea 4.50 × 4 and a mug of 9.00: ten percent, then shipping, and 19 % within the prices."""
    settings.HOME_COUNTRY = "DE"
    mugs = CategoryFactory(parent_id=CategoryFactory().pk)
    mug = ProductFactory(name="Mug", price=D("9.00"), category_id=mugs.pk)
    create_tax_rate("DE", "19")
    create_method("parcel", prices={"DE": "4.90"})
    create_promotion("Mugs", kind="fixed_amount", value=D(2), scope=PromotionScope.SELECTION)
    other = Promotion.objects.get()
    other.categories.add(mugs.parent)
    promotion = create_promotion(is_active=False, minimum_total=D(20), position=1)
    before = str(ConfigurationRevision.objects.get())
    cart = {"product_1": tea.pk, "quantity_1": 4, "product_2": mug.pk, "quantity_2": 1}
    rest = {"quantity_3": 1, "quantity_4": 1, "country": "DE"}
    path = f"{PROMOTIONS}{promotion.pk}/preview/"
    assert admin_browser.get(path).context["sample"] is None
    page = admin_browser.get(path, cart | rest)
    assert steps(page) == [
        ("Item", "Tea", "4 × 4.50", "18.00", "18.00"),
        ("Item", "Mug", "1 × 9.00", "9.00", "27.00"),
        ("Discount", "Mugs", "Mug: 2.00", "-2.00", "25.00"),
        ("Discount", "Ten percent", "Tea: 1.80, Mug: 0.70", "-2.50", "22.50"),
        ("Shipping", "Parcel", "the cheapest", "4.90", "27.40"),
        ("Tax", "VAT", "19 % of 23.03, included in the total", "4.37", "27.40"),
    ]
    assert page.context["sample"].reason is None
    page = admin_browser.get(path, cart | rest | {"quantity_1": 1})
    assert page.context["sample"].reason == "minimum_total"
    assert "This promotion does not apply: minimum_total." in page.content.decode()
    assert [step[0] for step in steps(page)] == ["Item", "Item", "Discount", "Shipping", "Tax"]
    assert str(ConfigurationRevision.objects.get()) == before


def test_the_preview_of_a_promotion_with_a_code_on_another_day(admin_browser, tea):
    promotion = create_promotion(
        "Code", needs_code=True, starts_on=date(2030, 5, 1), first_order_only=True
    )
    make_codes(promotion=promotion, number=1)
    path = f"{PROMOTIONS}{promotion.pk}/preview/"
    cart = {"product_1": tea.pk, **{f"quantity_{n}": 1 for n in range(1, 5)}}
    assert admin_browser.get(path, cart).context["sample"].reason == "not_started"
    page = admin_browser.get(path, cart | {"day": "2030-05-01"})
    assert steps(page)[1] == ("Discount", "Code", "Tea: 0.45", "-0.45", "4.05")
    page = admin_browser.get(path, cart | {"day": "2030-05-01", "is_repeated": "on"})
    assert page.context["sample"].reason == "not_for_you"
    page = admin_browser.get(path, cart | {"product_1": ""})
    assert errors_of(page) == {"product_1": ["This field is required."]}
