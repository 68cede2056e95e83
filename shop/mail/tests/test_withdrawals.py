"""The receipt for a withdrawal, and the message about a note."""

import re
from datetime import UTC, datetime

import pytest

from orders.factories import place_order
from orders.models import Withdrawal
from orders.services import add_note, declare_withdrawal
from shop.mail.models import Message
from shop.mail.previews import preview
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, on_one_database]


def test_a_receipt_has_what_was_declared_and_when(anyone, smtp, work, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    body = {
        "order_number": "0015NM7S",
        "email": "eve@example.org",
        "name": "Eve",
        "items": [{"name": "Tea", "sku": "T-1", "quantity": 2}, {"product_id": 7}],
        "note": "Two <b>lines</b>,\nsee http://evil.example/x",
    }
    assert anyone.post("/api/withdrawals/", body).status_code == 202
    received = datetime(2026, 11, 26, 10, 5, 7, tzinfo=UTC)
    Withdrawal.objects.update(created_at=received)
    work()
    (mail,) = smtp.accepted
    assert (mail["To"], Message.objects.get().recipient) == (
        "eve@example.org",
        f"withdrawal:{Withdrawal.objects.get().pk}",
    )
    assert mail["Subject"] == "We have received your withdrawal from order 0015NM7S"
    text = mail.get_body(("plain",)).get_content()
    shown = text.replace("\u2060", "")
    for part in (
        "November 26, 2026, 11:05:07\N{NARROW NO-BREAK SPACE}AM +0100",
        "Order: 0015NM7S\nName: Eve\nE-mail address: eve@example.org\n",
        "Items:\n2 × Tea (T-1)\n#7",
        "Two <b>lines</b>,\nsee http://evil.example/x",
    ):
        assert re.sub(r"\s+", " ", part) in re.sub(r"\s+", " ", shown)
    # Nothing in it becomes a link.
    assert "evil.example" not in text
    html = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;lines" in html
    assert "href" not in html


def test_a_receipt_is_in_the_language_of_the_request(anyone, smtp, work):
    body = {"number": "7", "email": "eve@example.org", "name": "Eve"}
    anyone.post("/api/withdrawals/", body, headers={"Accept-Language": "de"})
    work()
    text = smtp.accepted[0].get_body(("plain",)).get_content()
    assert "Sie widerrufen die ganze Bestellung." in text


def test_only_public_notes_are_sent(ada, amy, tea, smtp, work):
    order = place_order(ada.user, tea)
    work()
    smtp.accepted.clear()
    add_note(order_id=order.pk, author=amy.user, text="Called twice.")
    add_note(order_id=order.pk, author=amy.user, text="A gift is in it.", is_public=True)
    work()
    (mail,) = smtp.accepted
    assert mail["To"] == "ada@example.com"
    assert "A gift is in it." in mail.get_body(("plain",)).get_content()


def test_a_receipt_can_be_previewed():
    with pytest.raises(LookupError, match="no withdrawal"):
        preview("withdrawal_received")
    declare_withdrawal(order_number="7", email="eve@example.org", name="Eve", language="de")
    assert "Widerruf zur Bestellung 7" in preview("withdrawal_received").subject
