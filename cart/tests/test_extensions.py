"""Extensions that replace shipping rates and tax rules, or add rules of promotions."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from cart import configuration, extensions
from cart.configuration import current_configuration
from cart.pricing import Context, Destination, Item, TaxRate, price
from cart.promotions.factories import create_promotion
from cart.promotions.models import Promotion
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from shop.testing.pages import submit

D = Decimal
PAGE = Path(__file__).resolve().parents[2] / "docs" / "extending.md"


@pytest.fixture
def extension(monkeypatch):
    """Registrations that end with the test."""
    monkeypatch.setattr(extensions, "_shipping", [])
    monkeypatch.setattr(extensions, "_taxes", [])
    monkeypatch.setattr(extensions, "_rules", {})
    configuration._kept.clear()
    yield extensions
    configuration._kept.clear()


def totals(*, country="DE", weight=1250):
    item = Item(1, "Tea", 2, D("4.50"), D("4.50"), weight=weight)
    context = Context(
        current_configuration().pricing, timezone.now(), destination=Destination(country)
    )
    return price([item], context)


def install_the_example():
    """Run the code of docs/extending.md."""
    section = PAGE.read_text().split("\n## Prices\n")[1]
    code = section.split("```python\n")[1].split("```")[0]
    exec(compile(code, PAGE.name, "exec"), {})  # noqa: S102 - the shop's own documentation


def test_the_example_prices_shipping_and_adds_a_kind_of_promotions(admin_browser, extension):
    create_method("parcel", prices={"DE": "4.90", "AT": "9.90"})
    install_the_example()
    assert totals().shipping_total == D("6.00")
    assert totals(country="AT").shipping_methods == ()
    page = admin_browser.get("/admin/cart/promotion/add/")
    submit(admin_browser, page, name="Thirds", kind="third")
    assert Promotion.objects.get().kind == "third"
    assert (totals().subtotal, totals().discount_total) == (9, 3)


def test_two_extensions_cannot_replace_the_same(extension):
    install_the_example()
    with pytest.raises(ImproperlyConfigured, match="Two extensions replace the shipping rates"):
        install_the_example()
    for kind in ("third", "percent"):
        with pytest.raises(ImproperlyConfigured, match=f'"{kind}" exists already'):
            extension.register_promotion_rule(kind, lambda promotion, lines: [], label="Another")


def test_tax_rules_of_the_extension_can_ask_the_table(db, extension):
    class Rules:
        def __init__(self, table):
            self.table = table

        def __bool__(self):
            return True

        def rate(self, destination, tax_class):
            if destination.country == "US":
                return TaxRate("US", D("7.25"), "Sales tax", reason="nexus")
            return self.table.rate(destination, tax_class)

        def shipping_tax(self, country):
            return self.table.shipping_tax(country)

    create_tax_rate("DE", "19")
    extension.replace_tax_rules(Rules)
    (german,), (american,) = totals().taxes, totals(country="US").taxes
    assert (german.rate, german.amount) == (19, D("1.44"))
    assert (american.rate, american.amount, american.reason) == (D("7.25"), D("0.61"), "nexus")
    with pytest.raises(ImproperlyConfigured):
        extension.replace_tax_rules(Rules)


def test_a_kind_that_is_not_installed_any_more_applies_to_nothing(admin_browser, extension):
    create_promotion("Gone", kind="third", value=None)
    create_promotion("Ten percent")
    assert [p.name for p in current_configuration().pricing.promotions] == ["Ten percent"]
    assert "third (not installed)" in admin_browser.get("/admin/cart/promotion/").content.decode()
