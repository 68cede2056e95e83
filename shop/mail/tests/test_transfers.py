"""The bank account of the shop in the message about an order that is paid by transfer."""

import pytest

from orders.factories import place_order
from orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(ada, tea, settings):
    settings.SELLER_NAME, settings.SELLER_IBAN = "Tea House GmbH", "DE89 3704 0044 0532 0130 00"
    settings.SELLER_BIC, settings.SELLER_BANK = "COBADEFFXXX", ""
    return place_order(ada.user, tea, quantity=2)


def begin(ada, order):
    body = {"order_id": order.pk, "payment_method": "bank_transfer"}
    return ada.post("/api/payments/", body).json()


def test_the_message_has_account_and_reference(ada, order, smtp, work):
    reference = begin(ada, order)["reference"]
    Order.objects.update(language="de")
    work()
    (mail,) = smtp.accepted
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "Bitte überweisen Sie den Betrag mit diesem Verwendungszweck:" in text
    rows = (
        "Betrag  9,00 $\nKontoinhaber  Tea House GmbH\n"
        "IBAN  DE89 3704 0044 0532 0130 00\nBIC  COBADEFFXXX\n"
        f"Verwendungszweck  {reference}\n"
    )
    assert rows in text


def test_the_next_action_has_the_account(ada, order):
    data = begin(ada, order)["next_action"]["data"]
    assert data == {
        "account_holder": "Tea House GmbH",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
        "reference": data["reference"],
        "amount": "9.00",
        "currency": "USD",
    }


def test_another_method_needs_no_account(ada, order, smtp, work):
    body = {"order_id": order.pk, "payment_method": "cash_on_delivery"}
    assert ada.post("/api/payments/", body).status_code == 201
    work()
    texts = [mail.get_body(("plain",)).get_content() for mail in smtp.accepted]
    assert texts
    assert not any("DE89" in text for text in texts)
