"""The messages to staff about what they must act on."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from orders.factories import place_order
from orders.tests.test_withdrawals import declaration
from payments.factories import pay
from payments.gateways import registry
from payments.models import Dispute
from payments.tests.test_refunds_of_items import FailingRefunds
from shop.core import events
from shop.mail import configuration
from shop.mail.models import Message
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), on_one_database]

STAFF = ["orders@tea.example", "office@tea.example"]


@pytest.fixture
def to_staff(settings, smtp, work):
    """A function that returns subject and text of the messages to staff since the last call."""
    settings.STAFF_EMAILS = STAFF
    settings.PUBLIC_URL = "https://shop.example"

    def read():
        smtp.accepted.clear()
        smtp.recipients.clear()
        work()
        found = [mail for mail in smtp.accepted if mail["To"] == ", ".join(STAFF)]
        assert {*STAFF} <= {*smtp.recipients} or not found
        return [(mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in found]

    return read


def test_staff_get_a_message_about_each_withdrawal(anyone, ada, tea, to_staff):
    order = place_order(ada.user, tea)
    anyone.post("/api/withdrawals/", declaration(order))
    stranger = declaration(order, number="http://a.example/x", name="Eve")
    anyone.post("/api/withdrawals/", stranger)
    (first, text), (_second, unmatched) = to_staff()
    assert first.startswith("Withdrawal ")
    assert f"Ada Lovelace has declared a withdrawal from order {order.number}." in text
    assert "https://shop.example/admin/orders/withdrawal/" in text
    assert "matches no order" in unmatched
    assert "a.example/x" not in unmatched


def test_staff_get_a_message_about_warnings_and_refunds_that_failed(
    ada, amy, tea, to_staff, monkeypatch
):
    order = place_order(ada.user, tea)
    payment = pay(order)
    kind = {"kind": "early_fraud_warning", "status": "needs_response", "reference": "issfr_1"}
    dispute = Dispute.objects.create(payment=payment, **kind)
    events.record("dispute.opened", object_type="dispute", object_id=dispute.pk, data={})
    monkeypatch.setitem(registry._gateways, "card", FailingRefunds())
    refund = amy.post(f"/api/orders/{order.pk}/refunds/", {"amount": "1.00"}).json()
    assert refund["refunds"][0]["status"] == "failed"
    (warning, text), (failed, reason) = to_staff()
    assert warning == f"Early fraud warning: {order.number}"
    assert "Shipping is held until you release it." in text
    assert f"/admin/payments/dispute/{dispute.pk}/change/" in text
    assert failed == f"The refund for order {order.number} failed"
    assert f"The refund of $1.00 for order {order.number} failed." in reason


def test_without_addresses_nobody_gets_a_message(anyone, ada, tea, settings, to_staff):
    settings.STAFF_EMAILS = []
    anyone.post("/api/withdrawals/", declaration(place_order(ada.user, tea)))
    assert to_staff() == []
    assert not Message.objects.filter(recipient="staff").exists()


def test_the_addresses_are_checked_at_the_start():
    assert configuration.staff_addresses(" a@b.example , c@d.example,") == [
        "a@b.example",
        "c@d.example",
    ]
    with pytest.raises(ImproperlyConfigured, match="STAFF_EMAILS must be e-mail addresses"):
        configuration.staff_addresses("a@b.example, office")


def test_a_buyer_learns_why_a_payment_failed(ada, tea, to_staff, smtp):
    order = place_order(ada.user, tea)
    pay(order, token="demo_decline")
    to_staff()
    (mail,) = [mail for mail in smtp.accepted if "failed" in mail["Subject"]]
    text = mail.get_body(("plain",)).get_content()
    assert "The payment was declined. Please choose another card or payment method." in text
