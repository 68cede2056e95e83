"""The admin of messages, and what /metrics tells about them."""

import pytest
from django.test import Client

from orders.factories import place_order
from orders.models import Order
from shop.core.metrics import readings
from shop.mail.models import Message
from shop.testing.marks import on_one_database
from shop.testing.pages import choose, confirm, messages_of, submit

pytestmark = [pytest.mark.django_db, on_one_database]
PAGE = "/admin/shop_mail/message/"


@pytest.fixture
def message(ada, tea, smtp, work):
    """A message whose recipient the mail server has refused."""
    place_order(ada.user, tea)
    smtp.faults["RCPT"] = "550 <ada@example.com> is unknown"
    work()
    return Message.objects.get()


def test_staff_send_a_message_again(admin_browser, message, smtp, work):
    listed = admin_browser.get(PAGE, {"status__exact": "failed"}).content.decode()
    assert "Recipient refused: 550 &lt;…&gt; is unknown" in listed
    assert "ada@example.com" not in listed
    done = confirm(admin_browser, PAGE, "send_again", message)
    assert messages_of(done) == [
        f"Sent again: Order placed to Buyer of order {Order.objects.get().number}."
    ]
    work()
    (first,) = smtp.accepted
    assert first["Message-ID"] == message.message_id
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == ("sent", 1, "")
    confirm(admin_browser, PAGE, "send_again", message)
    work()
    assert len({mail["Message-ID"] for mail in smtp.accepted}) == 2


def test_a_message_is_sent_again_from_its_page(admin_browser, message):
    page = f"{PAGE}{message.pk}/"
    assert f'href="{page}send-again/"' in admin_browser.get(f"{page}change/").content.decode()
    submit(admin_browser, admin_browser.get(f"{page}send-again/"))
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("waiting", 0)
    assert f'href="{page}send-again/"' not in admin_browser.get(f"{page}change/").content.decode()


def test_a_message_that_waits_is_not_sent_again(admin_browser, message, work, smtp):
    confirm(admin_browser, PAGE, "send_again", message)
    before = Message.objects.values().get()
    page = choose(admin_browser, PAGE, "send_again", message).content.decode()
    assert "Only a message that has ended can be sent again." in page
    assert Message.objects.values().get() == before


def test_messages_are_found_by_order_and_message_id(admin_browser, message):
    for term in (f"order:{message.event.object_id}", message.message_id, str(message.pk)):
        found = admin_browser.get(PAGE, {"q": term}).content.decode()
        assert "1 message" in found, term
    assert "0 messages" in admin_browser.get(PAGE, {"q": "order:0"}).content.decode()


def test_the_metrics_tell_how_many_messages_wait(settings, message, ada, tea, smtp, work):
    def waiting():
        readings.forget()
        settings.METRICS_TOKEN = "0123456789-of-the-monitoring"
        answer = Client().get(
            "/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
        )
        return [line for line in answer.content.decode().splitlines() if "_message" in line]

    assert "shop_messages_waiting 0.0" in waiting()
    place_order(ada.user, tea)
    smtp.faults["connect"] = "421 busy"
    work()
    assert "shop_messages_waiting 1.0" in waiting()
    assert "shop_message_oldest_waiting_age_seconds 0.0" not in waiting()
