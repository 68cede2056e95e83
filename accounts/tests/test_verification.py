"""POST /api/users/verify-email/: a link proves that an address belongs to the user."""

import pytest
from django.core import signing

from accounts import hooks, links
from accounts.factories import PASSWORD
from accounts.models import User
from shop.core.models import Event

pytestmark = pytest.mark.django_db

REQUEST = "/api/users/verify-email/"
CONFIRM = f"{REQUEST}confirm/"


def confirm(client, token):
    return client.post(CONFIRM, {"token": token})


def test_a_link_verifies_the_address_once(ada, anyone, monkeypatch):
    seen = []
    handler = lambda user: seen.append((user.email_key, user.email_verified_at is not None))  # noqa: E731
    monkeypatch.setattr(hooks.on_email_verified, "_handlers", [handler])
    assert ada.get("/api/users/me/").json()["email_verified"] is False
    token = links.make_verification_token(ada.user)
    assert confirm(anyone, token).status_code == 200
    assert ada.get("/api/users/me/").json()["email_verified"] is True
    again = confirm(anyone, token)
    assert (again.status_code, again.json()["code"]) == (400, "link_invalid")
    assert seen == [("ada@example.com", True)]


def test_a_handler_that_raises_undoes_the_verification(ada, anyone, monkeypatch):
    def fail(user):
        raise RuntimeError

    monkeypatch.setattr(hooks.on_email_verified, "_handlers", [fail])
    token = links.make_verification_token(ada.user)
    assert confirm(anyone, token).status_code == 500
    assert User.objects.get().email_verified_at is None


def test_a_link_for_another_address_or_purpose_is_refused(ada, anyone):
    old = links.make_verification_token(ada.user)
    ada.user.email = "new@example.com"
    ada.user.save()
    for token in (old, links.make_reset_token(ada.user), "nonsense"):
        answer = confirm(anyone, token)
        assert (answer.status_code, answer.json()["code"]) == (400, "link_invalid")
    assert User.objects.get().email_verified_at is None
    assert confirm(anyone, links.make_verification_token(ada.user)).status_code == 200


def test_a_link_expires_after_three_days(ada, anyone, monkeypatch):
    token = links.make_verification_token(ada.user)
    real = signing.time.time
    for hours, status in ((73, 400), (71, 200)):
        monkeypatch.setattr(signing.time, "time", lambda h=hours: real() + 3600 * h)
        assert confirm(anyone, token).status_code == status


def test_a_link_is_asked_for_once_for_each_key(ada):
    for _ in range(2):
        answer = ada.post(REQUEST, headers={"Idempotency-Key": "k", "Accept-Language": "de"})
        assert answer.status_code == 202
    (event,) = Event.objects.all()
    assert (event.kind, event.object_id) == ("account.verification_requested", ada.user.pk)
    assert (event.data, event.is_internal) == ({"language": "de"}, True)


def test_a_verified_address_gets_no_link(ada):
    User.objects.update(email_verified_at="2026-01-01T00:00:00Z")
    answer = ada.post(REQUEST)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_already_verified")
    assert not Event.objects.exists()


def test_requests_for_links_are_limited(ada):
    assert [ada.post(REQUEST).status_code for _ in range(4)] == [202, 202, 202, 429]


def test_a_registration_asks_for_a_link(anyone):
    body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    assert anyone.post("/api/users/", body).status_code == 201
    kinds = Event.objects.order_by("pk").values_list("kind", "object_id")
    pk = User.objects.get().pk
    assert list(kinds) == [("user.registered", pk), ("account.verification_requested", pk)]
