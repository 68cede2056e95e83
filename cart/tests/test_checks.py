"""``manage.py check`` finds what would surprise the buyers of a shop."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from cart.checks import with_configuration
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from shop.management.demo.checkout import load_checkout


def found(**options):
    with with_configuration():
        messages = run_checks(tags=["configuration"], **options)
    return [(message.id, message.msg) for message in messages]


def test_a_country_that_is_delivered_to_without_a_tax_rate_is_refused(db, settings):
    settings.HOME_COUNTRY = "DE"
    create_method(prices={"DE": "4.90", "AT FR": "9.90"})
    create_method("old", prices={"CH": "9.90"}, is_active=False)
    create_tax_rate("DE", "19")
    create_tax_rate("FR", "20", valid_from="2999-01-01")
    with pytest.raises(SystemCheckError) as error:
        call_command("check")
    assert "(cart.E001) Orders are shipped to countries without a tax rate: AT, FR." in str(
        error.value
    )
    assert "HINT: Add a rate for each in the admin or with manage.py load_tax_rates" in str(
        error.value
    )
    create_tax_rate("AT", "0", reason="exempt")
    create_tax_rate("FR", "20", region="IDF")
    call_command("check")


def test_other_commands_run_so_that_the_data_can_be_corrected(db, capsys, tmp_path):
    create_method(prices={"AT": "4.90"})
    file = tmp_path / "rates.csv"
    file.write_text(
        "country,region,tax_class,rate,name,source,valid_from\nAT,,,20,VAT,Law,2020-01-01\n"
    )
    assert run_checks(tags=["configuration"]) == []
    call_command("load_tax_rates", str(file), skip_checks=False)
    assert found() == [("cart.W003", "HOME_COUNTRY is not set, and has no tax rate.")]


def test_prices_that_lose_the_home_tax_need_its_rate(db, settings):
    create_tax_rate("DE", "19")
    settings.HOME_COUNTRY = "AT"
    assert found() == [("cart.W003", "HOME_COUNTRY is AT, and has no tax rate.")]
    settings.PRICES_ABROAD = "restate"
    assert found() == [("cart.E002", "HOME_COUNTRY is AT, and has no tax rate.")]
    settings.HOME_COUNTRY = "DE"
    assert found() == []


def test_shipping_that_is_required_must_be_possible(db, settings):
    settings.REQUIRE_SHIPPING = True
    create_method(prices={})
    assert [number for number, _ in found()] == ["cart.E003"]


def test_a_real_shop_has_no_demo_rates_and_asks_for_addresses(db, settings):
    settings.HOME_COUNTRY = "DE"
    load_checkout()
    assert found() == []
    assert [number for number, _ in found(include_deployment_checks=True)] == [
        "cart.W001",
        "cart.W002",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_not_migrated_is_no_error_of_the_configuration():
    with connection.schema_editor() as editor:
        editor.execute("ALTER TABLE cart_shippingrate RENAME TO elsewhere")
    try:
        assert found(include_deployment_checks=True) == []
    finally:
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE elsewhere RENAME TO cart_shippingrate")
