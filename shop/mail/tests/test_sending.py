"""Sending to a real mail server, which also fails, delays and drops connections."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from orders.factories import place_order
from orders.models import Order
from orders.services import cancel_order
from payments.factories import pay
from shop.core import tasks
from shop.mail import configuration
from shop.mail.models import Message
from shop.mail.tests.conftest import handle_events
from shop.testing.smtp import DROP, mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def make_due():
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_message_is_sent_once(order, smtp, work):
    work()
    (mail,) = smtp.accepted
    assert smtp.recipients == [order.user.email]
    assert (mail["From"], mail["To"]) == ("Tea House <orders@tea.example>", order.user.email)
    assert mail["Subject"] == f"Your order {order.number}"
    assert mail["Auto-Submitted"] == "auto-generated"
    message = Message.objects.get()
    assert mail["Message-ID"] == message.message_id
    assert message.message_id.endswith("@tea.example>")
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "\n2 × Tea  $9.00\nTotal  $9.00\n" in text
    assert '<html lang="en" dir="ltr">' in mail.get_body(("html",)).get_content()
    assert (message.template, message.recipient) == ("order_placed", f"order:{order.pk}")
    assert (message.status, message.attempts, message.last_error) == ("sent", 1, "")
    assert message.ended_at is not None
    make_due()
    work()
    assert len(smtp.accepted) == 1


SILENCE = 1.5
"""Seconds, longer than the time-out of ``work_impatiently``."""


def work_impatiently(settings, work, action):
    """Work, with a short time-out if the server is going to be silent."""
    options = settings.MAILERS["default"]["OPTIONS"]
    usual = options["timeout"]
    options["timeout"] = 1 if action == SILENCE else usual
    work()
    options["timeout"] = usual


TEMPORARY = [
    ("connect", DROP, "SMTPServerDisconnected"),
    ("connect", SILENCE, "SMTPServerDisconnected: Connection unexpectedly closed: timed out"),
    ("connect", "421 busy", "421 busy"),
    ("EHLO", DROP, "SMTPServerDisconnected"),
    ("MAIL", "451 later", "Sender refused: 451 later"),
    ("MAIL", "550 unknown sender", "Sender refused: 550 unknown sender"),
    ("MAIL", DROP, "SMTPServerDisconnected"),
    ("RCPT", "450 <ada@example.com> is greylisted", "Recipient refused: 450 <…> is greylisted"),
    ("RCPT", DROP, "SMTPServerDisconnected"),
    ("DATA", "452 full", "452 full"),
    ("DATA", DROP, "SMTPServerDisconnected"),
    ("text", "451 later", "451 later"),
    ("text", DROP, "SMTPServerDisconnected"),
    ("text", SILENCE, "SMTPServerDisconnected"),
]


@pytest.mark.parametrize(("phase", "action", "error"), TEMPORARY)
def test_a_message_that_is_not_accepted_is_sent_later(
    order, settings, smtp, work, phase, action, error
):
    smtp.faults[phase] = action
    work_impatiently(settings, work, action)
    message = Message.objects.get()
    assert (message.status, message.attempts, message.ended_at) == ("waiting", 1, None)
    assert message.last_error.startswith(error)
    assert 25 < (message.next_attempt_at - timezone.now()).total_seconds() <= 30
    work()
    assert smtp.connections == 1
    make_due()
    work()
    assert smtp.connections == 2
    assert smtp.accepted[-1]["Message-ID"] == message.message_id
    assert len(smtp.accepted) == 1
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == ("sent", 2, "")


@pytest.mark.parametrize(
    ("phase", "reply", "error"),
    [
        (
            "RCPT",
            "550 5.1.1 <ada@example.com>: no such user",
            "Recipient refused: 550 5.1.1 <…>: no such user",
        ),
        ("text", "554 no spam, please", "554 no spam, please"),
    ],
)
def test_a_message_that_is_refused_for_good_is_not_repeated(order, smtp, work, phase, reply, error):
    smtp.faults[phase] = reply
    work()
    make_due()
    work()
    message = Message.objects.get()
    assert (message.status, message.attempts, message.last_error) == ("failed", 1, error)
    assert message.ended_at is not None
    assert (smtp.connections, smtp.accepted) == (1, [])


@pytest.mark.parametrize("action", [DROP, "421 no", SILENCE])
def test_what_happens_after_the_acceptance_does_not_matter(order, settings, smtp, work, action):
    smtp.faults["QUIT"] = action
    work_impatiently(settings, work, action)
    make_due()
    work()
    assert len(smtp.accepted) == 1
    assert Message.objects.get().status == "sent"


@pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning")  # the server's own
def test_a_refused_login_is_no_fault_of_the_message(order, settings, smtp, work):
    with mail_server(password="right") as server:
        url = f"smtp://shop:wrong@127.0.0.1:{server.port}"
        settings.MAILERS = configuration.mailers(url, timeout=60, is_debug=False)
        work()
        message = Message.objects.get()
        assert (message.status, message.last_error) == ("waiting", "Login refused: 535")
        settings.MAILERS["default"]["OPTIONS"]["password"] = "right"
        make_due()
        work()
        assert server.recipients == [order.user.email]


def test_the_delays_grow_until_the_message_is_given_up(order, smtp, work):
    smtp.faults["RCPT"], smtp.always = "450 later", True
    delays = []
    for _ in range(12):
        make_due()
        work()
        message = Message.objects.get()
        delays.append(round((message.next_attempt_at - timezone.now()).total_seconds() / 30))
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 480, 480, 480]
    Message.objects.update(valid_until=timezone.now())
    make_due()
    work()
    message.refresh_from_db()
    assert (message.status, message.last_error) == ("failed", "Recipient refused: 450 later")
    assert smtp.connections == 12


def test_a_message_that_waited_too_long_is_not_sent(order, smtp, work):
    handle_events()
    message = Message.objects.get()
    assert (message.valid_until - order.created_at).days == 5
    Message.objects.update(valid_until=timezone.now())
    work()
    message.refresh_from_db()
    assert (message.status, message.last_error) == ("failed", "It could not be sent in time.")
    assert smtp.connections == 0


def test_messages_wait_without_a_mail_server_until_they_are_too_old(order, settings, smtp, work):
    settings.MAIL_MODE = "wait"
    work()
    message = Message.objects.get()
    assert (message.status, message.attempts, message.enqueued_until) == ("waiting", 0, None)
    settings.MAIL_MODE = "send"
    work()
    assert len(smtp.accepted) == 1
    waiting = {"status": "waiting", "ended_at": None, "valid_until": timezone.now()}
    Message.objects.update(**waiting, next_attempt_at=timezone.now() - timedelta(seconds=1))
    settings.MAIL_MODE = "wait"
    work()
    message.refresh_from_db()
    assert (message.status, len(smtp.accepted)) == ("failed", 1)


def test_an_address_that_was_erased_gets_nothing(order, smtp, work):
    smtp.faults["connect"] = "421 busy"
    work()
    Order.objects.update(email="")
    User.objects.update(email="")
    make_due()
    work()
    assert Message.objects.get().status == "unneeded"
    assert smtp.connections == 1


def test_a_failed_payment_is_not_reported_once_the_order_is_cancelled(order, smtp, work):
    pay(order, token="demo_decline")
    smtp.faults["connect"], smtp.always = DROP, True
    work()
    smtp.faults, smtp.always = {}, False
    cancel_order(order_id=order.pk, actor=None)
    make_due()
    work()
    work()
    assert dict(Message.objects.values_list("template", "status")) == {
        "order_placed": "sent",
        "payment_failed": "unneeded",
        "order_cancelled": "sent",
    }


def test_a_broken_template_is_reported_without_its_data(order, smtp, work, settings, tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "order_placed.html").write_text("{{ number|unknown_filter }}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    work()
    message = Message.objects.get()
    assert message.status == "waiting"
    assert message.last_error.startswith("TemplateSyntaxError in ")
    assert smtp.connections == 0
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": []}]
    make_due()
    work()
    assert len(smtp.accepted) == 1


def test_the_task_of_a_lost_queue_is_enqueued_again(order, smtp, work):
    handle_events()
    assert tasks.enqueue_due() == 1
    assert tasks.enqueue_due() == 0
    DBTaskResult.objects.all().delete()
    work()
    assert smtp.accepted == []
    Message.objects.update(enqueued_until=F("enqueued_until") - timedelta(minutes=5))
    work()
    assert len(smtp.accepted) == 1
