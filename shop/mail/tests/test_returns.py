"""The messages about returns and the refunds of items."""

import pytest

from orders import services
from orders.factories import place_order
from orders.services.returns import Wish
from payments.factories import pay
from shop.mail import mails
from shop.mail.previews import preview
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, on_one_database]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("template", ["return_approved", "return_rejected"])
def test_the_mail_names_the_order_and_the_items(ada, tea, template, language):
    order = place_order(ada.user, tea, quantity=2)
    found = preview(template, language=language)
    assert set(mails.registered()) >= {template}
    assert order.number in found.subject
    assert ("Rücksendung" in found.subject) is (language == "de")
    assert "2 × Tea" in found.text
    assert "{" not in found.text


def test_a_buyer_gets_the_answer_of_staff_and_what_was_refunded(ada, amy, tea, smtp, work):
    order = place_order(ada.user, tea, quantity=3)
    pay(order)
    services.ship_order(order_id=order.pk, actor=amy.user)
    work()
    smtp.accepted.clear()
    wish = Wish(units={tea.pk: 2}, kind="return", resolution="refund")
    return_id = services.request_return(order_id=order.pk, wish=wish, actor=ada.user)
    amy.post(f"/api/returns/{return_id}/approve/", {"answer": "Use the <old> box."})
    amy.post(f"/api/orders/{order.pk}/refunds/", {"return_id": return_id})
    work()
    approved, refunded = smtp.accepted
    assert (approved["To"], refunded["To"]) == ("ada@example.com", "ada@example.com")
    text = approved.get_body(("plain",)).get_content()
    assert "Use the <old> box." in text
    assert "2 × Tea" in text
    assert "Use the &lt;old&gt; box." in approved.get_body(("html",)).get_content()
    assert "2 × Tea: $9.00" in refunded.get_body(("plain",)).get_content()
