"""The messages about accounts: their links work, once, and go to nobody else."""

import re

import pytest

from accounts.factories import PASSWORD
from accounts.models import User
from shop.mail.models import Message
from shop.mail.previews import preview
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), on_one_database]


def token_of(mail, path):
    text = mail.get_body(("plain",)).get_content()
    return re.search(rf"https://tea\.example/{path}\?token=(\S+)", text)[1].replace("%3A", ":")


def test_a_lost_password_is_replaced_by_the_link_of_a_message(anyone, ada, smtp, work):
    sent = anyone.post(
        "/api/users/password-reset/", {"email": ada.user.email}, HTTP_ACCEPT_LANGUAGE="de"
    )
    assert sent.status_code == 202, sent.content
    work()
    (mail,) = smtp.accepted
    assert smtp.recipients == [ada.user.email]
    assert mail["Subject"] == "Neues Passwort wählen"
    new = {"token": token_of(mail, "reset"), "new_password": "an-0ther-horse"}
    assert anyone.post("/api/users/password-reset/confirm/", new).status_code == 200
    assert anyone.post("/api/users/password-reset/confirm/", new).status_code == 400
    message = Message.objects.get()
    assert (message.template, message.recipient) == ("password_reset", f"user:{ada.user.pk}")
    assert (message.valid_until - message.event.created_at).seconds == 2 * 60 * 60


def test_an_unknown_address_gets_no_message(anyone, ada, smtp, work):
    assert anyone.post("/api/users/password-reset/", {"email": "no@example.com"}).status_code == 202
    work()
    assert (Message.objects.count(), smtp.connections) == (0, 0)


def test_a_new_address_is_verified_by_the_link_of_a_message(anyone, smtp, work):
    new = {"username": "eve", "email": "eve@example.com", "password": "corr3ct-horse"}
    assert anyone.post("/api/users/", new).status_code == 201
    work()
    (mail,) = smtp.accepted
    assert mail["Subject"] == "Confirm your e-mail address"
    assert User.objects.get().email_verified_at is None
    confirmed = anyone.post("/api/users/verify-email/confirm/", {"token": token_of(mail, "verify")})
    assert confirmed.status_code < 300, confirmed.content
    assert User.objects.get().email_verified_at is not None


def test_without_a_storefront_the_message_has_a_code(anyone, ada, settings, smtp, work):
    settings.STOREFRONT_LINKS = dict.fromkeys(settings.STOREFRONT_LINKS, "")
    anyone.post("/api/users/password-reset/", {"email": ada.user.email})
    work()
    text = smtp.accepted[0].get_body(("plain",)).get_content()
    token = re.search(r"Your code: (\S+)", text)[1]
    new = {"token": token, "new_password": "an-0ther-horse"}
    assert anyone.post("/api/users/password-reset/confirm/", new).status_code == 200


def test_a_user_who_was_deactivated_gets_nothing(anyone, ada, smtp, work):
    anyone.post("/api/users/password-reset/", {"email": ada.user.email})
    smtp.faults["connect"] = "421 busy"
    work()
    User.objects.update(is_active=False)
    Message.objects.update(next_attempt_at=Message.objects.get().created_at)
    work()
    assert Message.objects.get().status == "unneeded"


def test_the_new_address_gets_a_link_and_the_old_one_is_notified(anyone, ada, smtp, work):
    body = {"email": "ada@example.org", "password": PASSWORD}
    assert ada.post("/api/users/me/email/", body, HTTP_ACCEPT_LANGUAGE="de").status_code == 202
    work()
    (asked,) = smtp.accepted
    assert (asked["To"], asked["Subject"]) == (
        "ada@example.org",
        "Neue E-Mail-Adresse bestätigen",
    )
    token = token_of(asked, "verify")
    used = anyone.post(
        "/api/users/verify-email/confirm/", {"token": token}, HTTP_ACCEPT_LANGUAGE="de"
    )
    assert used.status_code == 200
    work()
    notice = smtp.accepted[1]
    assert (notice["To"], notice["Subject"]) == (
        "ada@example.com",
        "Ihre E-Mail-Adresse wurde geändert",
    )
    assert "example.org" not in notice.get_body(("plain",)).get_content()
    assert preview("email_changed", language="de").subject == notice["Subject"]
    with pytest.raises(LookupError, match="nobody"):
        preview("email_change")


def test_a_link_that_was_replaced_is_not_sent(ada, smtp, work):
    for email in ("first@example.org", "second@example.org"):
        ada.post("/api/users/me/email/", {"email": email, "password": PASSWORD})
    work()
    assert smtp.recipients == ["second@example.org"]
