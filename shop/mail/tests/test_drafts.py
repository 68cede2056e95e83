"""The message with the link of a draft, and the page of development that it leads to."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client

from cart.drafts import create_draft
from cart.models import Draft
from orders.models import Order
from orders.services import send_draft
from shop.mail.models import Message
from shop.mail.previews import preview
from shop.testing.pages import forms_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture
def draft(amy, tea):
    items = [{"product_id": tea.pk, "quantity": 2, "price_override": Decimal(4)}]
    changes = {"items": items, "email": "eve@example.org", "language": "de"}
    return create_draft(actor=amy.user, changes=changes, may_override=True)


def test_a_link_is_mailed_with_what_it_orders(anyone, draft, smtp, work):
    send_draft(draft_id=draft.pk)
    work()
    (mail,) = smtp.accepted
    assert (mail["To"], mail["Subject"]) == (
        "eve@example.org",
        "Ihre Bestellung bei Tea House ist vorbereitet",
    )
    text = mail.get_body(("plain",)).get_content()
    assert "2 × Tea  8,00" in text
    token = re.search(r"https://tea.example/draft\?token=(\S+)", text)[1]
    placed = anyone.post("/api/drafts/accept/", headers={"X-Draft-Token": token})
    assert (placed.status_code, placed.json()["total"]) == (201, "8.00")


def test_a_link_is_not_mailed_once_it_is_useless(draft, smtp, work):
    send_draft(draft_id=draft.pk)
    hours = timedelta(hours=100)
    Draft.objects.update(sent_at=F("sent_at") - hours, link_expires_at=F("link_expires_at") - hours)
    work()
    assert (smtp.accepted, Message.objects.count()) == ([], 0)
    with pytest.raises(LookupError, match="no draft whose link is valid"):
        preview("draft_sent")


def test_a_draft_is_ordered_on_the_own_page(draft, smtp, work, settings):
    settings.DEBUG = True
    settings.PUBLIC_URL = "http://testserver"
    settings.STOREFRONT_LINKS = dict.fromkeys(settings.STOREFRONT_LINKS, "")
    send_draft(draft_id=draft.pk)
    work()
    text = smtp.accepted[0].get_body(("plain",)).get_content()
    path = re.search(r"http://testserver(/storefront/draft/\S+)", text)[1]
    browser = Client(enforce_csrf_checks=True)
    (form,) = forms_of(browser.get(path))
    ordered = browser.post(path, form)
    order = Order.objects.get()
    assert ordered.status_code == 302
    assert f"Order {order.number}" in browser.get(ordered["Location"]).content.decode()
    assert browser.get(path).status_code == 302  # again, to the same order
    forged = browser.get("/storefront/draft/?token=x")
    assert (forged.status_code, "not valid any more" in forged.content.decode()) == (400, True)
