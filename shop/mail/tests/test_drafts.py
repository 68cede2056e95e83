"""The message with the link that pays the order of a draft."""

import re
from decimal import Decimal

import pytest

from cart.drafts import create_draft
from cart.models import CartItem
from orders.models import Order
from orders.services import cancel_order, send_draft
from shop.mail.models import Message
from shop.mail.previews import preview
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), on_one_database]


@pytest.fixture
def draft(amy, tea):
    items = [{"product_id": tea.pk, "quantity": 2, "price_override": Decimal(4)}]
    changes = {"items": items, "email": "eve@example.org", "language": "de"}
    return create_draft(actor=amy.user, changes=changes, may_override=True)


def test_one_message_has_the_order_and_the_link_that_pays_it(amy, anyone, draft, smtp, work):
    send_draft(draft_id=draft.pk, actor=amy.user)
    work()
    order = Order.objects.get()
    (mail,) = smtp.accepted
    assert (mail["To"], mail["Subject"]) == ("eve@example.org", f"Ihre Bestellung {order.number}")
    text = mail.get_body(("plain",)).get_content()
    assert "2 × Tea  8,00" in text
    assert "Dafür brauchen Sie kein Kundenkonto" in text
    order_id, token = re.search(r"https://tea.example/pay/(\d+)\?token=(\S+)", text).groups()
    payment = {"order_id": int(order_id), "payment_method": "card"}
    paid = anyone.post("/api/payments/", payment, headers={"X-Order-Token": token})
    assert (paid.status_code, paid.json()["status"]) == (201, "succeeded")


def test_sending_again_mails_the_link_again_while_it_is_of_use(amy, draft, smtp, work):
    send_draft(draft_id=draft.pk, actor=amy.user)
    send_draft(draft_id=draft.pk, actor=amy.user)
    work()
    assert len(smtp.accepted) == 2
    assert preview("draft_sent").subject
    send_draft(draft_id=draft.pk, actor=amy.user)
    cancel_order(order_id=Order.objects.get().pk, actor=amy.user)
    work()
    assert Message.objects.filter(template="draft_sent").count() == 2
    with pytest.raises(LookupError, match="nobody to whom"):
        preview("draft_sent")


def test_an_order_that_costs_nothing_is_mailed_without_a_link_to_pay(amy, draft, smtp, work):
    CartItem.objects.update(price_override=0)
    assert send_draft(draft_id=draft.pk, actor=amy.user).row.status == "paid"
    work()
    (mail,) = smtp.accepted
    text = mail.get_body(("plain",)).get_content()
    assert "https://tea.example/orders/" in text
    assert "https://tea.example/pay/" not in text
