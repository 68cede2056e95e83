"""POST /api/users/me/password/ and /api/users/password-reset/."""

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts import hooks, links
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from shop.core.models import Event, IdempotencyKey
from shop.testing.budget import count_statements
from shop.testing.fixtures import Caller

pytestmark = pytest.mark.django_db

OWN = "/api/users/me/password/"
RESET = "/api/users/password-reset/"
CONFIRM = f"{RESET}confirm/"
NEW = "staple-battery-horse"


@pytest.fixture
def verified(monkeypatch):
    """The users whose address has become verified, with what the handler saw."""
    seen = []
    monkeypatch.setattr(
        hooks.on_email_verified,
        "_handlers",
        [lambda user: seen.append((user.pk, user.email_verified_at is not None))],
    )
    return seen


def change(caller, current=PASSWORD, new=NEW):
    return caller.post(OWN, {"current": current, "new": new})


def log_in(client, password):
    return client.post("/api/login/", {"username": "ada", "password": password}).status_code


def is_signed_in(pair, client):
    header = {"Authorization": f"Bearer {pair['token']}"}
    return client.get("/api/users/me/", headers=header).status_code == 200


def test_a_changed_password_ends_all_sessions_and_answers_a_new_one(ada, anyone):
    other, browser = Caller(ada.user), Client()
    browser.force_login(ada.user)
    answer = change(ada)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert is_signed_in(answer.json(), anyone)
    for old in (ada, other):
        assert old.get("/api/users/me/").status_code == 401
        refreshed = anyone.post("/api/token/refresh/", {"refresh": old.pair.refresh})
        assert refreshed.status_code == 401
    again = anyone.post("/api/token/refresh/", {"refresh": answer.json()["refresh"]})
    assert again.status_code == 200
    assert (log_in(anyone, PASSWORD), log_in(anyone, NEW)) == (401, 200)


def test_a_changed_password_ends_sessions_of_the_admin(amy, admin_browser):
    assert admin_browser.get("/admin/").status_code == 200
    assert change(amy).status_code == 200
    assert admin_browser.get("/admin/").status_code == 302


def test_a_wrong_password_changes_nothing(ada):
    before = User.objects.values().get()
    answer = change(ada, current="wrong-battery")
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_password")
    assert answer.json()["field"] == "current"
    assert User.objects.values().get() == before
    assert ada.get("/api/users/me/").status_code == 200


@pytest.mark.parametrize("new", ["short1!", "password123", "ada@example.com", "x" * 129, ""])
def test_the_rules_of_passwords_hold(ada, new):
    before = User.objects.values().get()
    answer = change(ada, new=new)
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {"new"}
    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    ("new", "german"),
    [
        (
            "ada@example.com",
            "Dieses Passwort ist Ihrem Namen, Benutzernamen oder Ihrer E-Mail-Adresse zu ähnlich.",
        ),
        ("73912846501", "Dieses Passwort besteht nur aus Ziffern."),
        ("password123", "Dieses Passwort ist zu üblich."),
    ],
)
def test_refused_passwords_are_explained_in_german(ada, new, german):
    body = {"current": PASSWORD, "new": new}
    answer = ada.post(OWN, body, headers={"Accept-Language": "de"})
    assert [error["detail"] for error in answer.json()["errors"]] == [german]


def test_wrong_passwords_count_as_failed_logins(ada, anyone):
    for _ in range(5):
        assert change(ada, new="short").status_code == 400  # nothing was guessed
        assert change(ada, current="wrong-battery").status_code == 400
        assert log_in(anyone, "wrong-battery") == 401
    assert change(ada).status_code == 429
    assert log_in(anyone, PASSWORD) == 429
    assert User.objects.get().check_password(PASSWORD)


def test_the_response_with_tokens_is_not_stored(ada):
    body = {"current": PASSWORD, "new": NEW}
    answer = ada.post(OWN, body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_a_link_resets_the_password_once_and_proves_the_address(ada, anyone, verified):
    token = links.make_reset_token(ada.user)
    answer = anyone.post(CONFIRM, {"token": token, "new_password": NEW})
    assert answer.status_code == 200
    assert is_signed_in(answer.json(), anyone)
    assert ada.get("/api/users/me/").status_code == 401
    assert (log_in(anyone, PASSWORD), log_in(anyone, NEW)) == (401, 200)
    assert User.objects.get().email_verified_at is not None
    assert verified == [(ada.user.pk, True)]
    again = anyone.post(CONFIRM, {"token": token, "new_password": f"{NEW}-2"})
    assert (again.status_code, again.json()["code"]) == (400, "link_invalid")
    assert log_in(anyone, NEW) == 200
    assert len(verified) == 1


def test_an_address_that_is_verified_stays_so(ada, anyone, verified):
    then = timezone.now() - timedelta(days=9)
    User.objects.update(email_verified_at=then)
    answer = anyone.post(CONFIRM, {"token": links.make_reset_token(ada.user), "new_password": NEW})
    assert answer.status_code == 200
    assert User.objects.get().email_verified_at == then
    assert verified == []


def test_a_refused_password_does_not_use_the_link_up(ada, anyone):
    token = links.make_reset_token(ada.user)
    answer = anyone.post(CONFIRM, {"token": token, "new_password": "password123"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "new_password")
    assert anyone.post(CONFIRM, {"token": token, "new_password": NEW}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"password": "argon2$other"},
        {"password": "!"},
        {"email_key": "new@example.com"},
        {"is_active": False},
    ],
)
def test_a_link_is_invalid_after_a_change_of_the_account(ada, anyone, change):
    token = links.make_reset_token(ada.user)
    User.objects.update(**change)
    before = User.objects.values().get()
    answer = anyone.post(CONFIRM, {"token": token, "new_password": NEW})
    assert (answer.status_code, answer.json()["code"]) == (400, "link_invalid")
    assert User.objects.values().get() == before


def test_a_forged_or_foreign_token_is_refused(ada, bob, anyone):
    token = links.make_reset_token(ada.user)
    value = signing.loads(token, salt="accounts.links.reset")
    others = [
        "nonsense",
        "ü:ü:ü",
        token[:-1],
        token.replace(token[0], "x", 1),
        links.make_verification_token(ada.user),
        signing.dumps(value, salt="accounts.links.verification"),
        signing.dumps([bob.user.pk, value[1]], salt="accounts.links.reset"),
        signing.dumps([10**9, value[1]], salt="accounts.links.reset"),
    ]
    for other in others:
        answer = anyone.post(CONFIRM, {"token": other, "new_password": NEW})
        assert (answer.status_code, answer.json()["code"]) == (400, "link_invalid")
    assert all(user.check_password(PASSWORD) for user in User.objects.all())


def test_a_link_expires_after_two_hours(ada, anyone, monkeypatch):
    token = links.make_reset_token(ada.user)
    real = signing.time.time
    for minutes, status in ((121, 400), (119, 200)):
        monkeypatch.setattr(signing.time, "time", lambda m=minutes: real() + 60 * m)
        answer = anyone.post(CONFIRM, {"token": token, "new_password": NEW})
        assert answer.status_code == status


def test_a_link_outlives_a_replaced_secret_key(ada, anyone, settings):
    token = links.make_reset_token(ada.user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-0123456789-another-key-0123456789"
    assert anyone.post(CONFIRM, {"token": token, "new_password": NEW}).status_code == 200


def test_the_answer_and_the_statements_are_the_same_for_every_address(anyone):
    UserFactory(username="ada")
    UserFactory(username="old", is_active=False)
    UserFactory(username="sso", password="!")
    answers, counts = [], []
    for name in ("ada", "ADA", "old", "sso", "nobody"):
        body = {"email": f"{name}@example.com"}
        counts.append(count_statements(lambda body=body: answers.append(anyone.post(RESET, body))))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len(set(counts)) == 1
    ada = User.objects.get(username="ada").pk
    recorded = Event.objects.order_by("pk").values_list("kind", "object_id", "data", "is_internal")
    kind, data = "account.password_reset_requested", {"language": "en"}
    assert list(recorded) == [(kind, pk, data, True) for pk in (ada, ada, 0, 0, 0)]


def test_requests_are_limited_for_each_account_that_may_not_exist(anyone):
    UserFactory(username="ada")
    for name in ("ada", "nobody"):
        spellings = (f"{name}@example.com", f"{name.upper()}@EXAMPLE.com") * 2
        statuses = [anyone.post(RESET, {"email": email}).status_code for email in spellings]
        assert statuses == [202, 202, 202, 429]
    assert Event.objects.count() == 6


def test_requests_are_limited_for_each_network_address(anyone):
    bodies = [{"email": f"user{n}@example.com"} for n in range(11)]
    assert [anyone.post(RESET, body).status_code for body in bodies] == [202] * 10 + [429]


def test_tokens_that_are_tried_are_limited(anyone):
    body = {"token": "nonsense", "new_password": NEW}
    statuses = [anyone.post(CONFIRM, body).status_code for _ in range(31)]
    assert statuses == [400] * 30 + [429]
