"""POST /api/users/, GET /api/users/{id}/, GET /api/users/me/."""

import unicodedata

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.addresses import fold
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User

USERS = "/api/users/"
ADA = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}


def test_anyone_can_register(anyone, db):
    response = anyone.post(USERS, ADA)
    user = User.objects.get()
    assert (response.status_code, response["Location"]) == (201, f"{USERS}{user.pk}/")
    assert response.json() == {"id": user.pk, "username": "ada", "email": "ada@example.com"}
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert not user.is_staff


@pytest.mark.parametrize("name", ["is_staff", "is_superuser", "id", "metadata"])
def test_registration_refuses_fields_that_only_staff_set(anyone, db, name):
    answer = anyone.post(USERS, ADA | {name: 1})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert answer.json()["errors"][0]["field"] == name
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a@b.org"}, "username"),
        ({"username": "a＠b"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": "ﷺ" * 20}, "username"),
        ({"username": 7}, "username"),
        ({"email": "none"}, "email"),
        ({"email": "a@" + "x" * 250 + ".org"}, "email"),
        ({"email": None}, "email"),
        ({"password": "short1!"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "83710462953"}, "password"),
        ({"username": "margaret", "password": "margaret1"}, "password"),
        ({"password": 12345678}, "password"),
    ],
)
def test_an_invalid_registration_is_a_400(anyone, db, change, field):
    response = anyone.post(USERS, ADA | change)
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {field}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("first", "second"),
    [("ada", "ADA"), ("strasse", "straße"), ("ada", "ａｄａ"), ("É", "é"), ("ﬁn", "FIN")],
)
def test_a_username_is_taken_in_every_spelling(anyone, db, first, second):
    anyone.post(USERS, ADA | {"username": first})
    response = anyone.post(USERS, ADA | {"username": second, "email": "other@example.com"})
    assert (response.status_code, response.json()["code"]) == (409, "username_taken")
    assert User.objects.count() == 1


def test_an_address_is_taken_in_every_spelling(anyone, db):
    anyone.post(USERS, ADA)
    response = anyone.post(USERS, ADA | {"username": "other", "email": "ADA@Example.COM"})
    assert (response.status_code, response.json()["code"]) == (409, "email_taken")
    assert User.objects.count() == 1


def test_registration_ignores_an_authorization_header(anyone, db):
    response = anyone.post(USERS, ADA, headers={"Authorization": "Bearer nonsense"})
    assert response.status_code == 201


def test_users_see_only_themselves(ada, bob):
    expected = {"id": ada.user.pk, "username": "ada", "email": "ada@example.com"}
    assert ada.get(f"{USERS}{ada.user.pk}/").json() == expected
    assert ada.get(f"{USERS}me/").json() == expected
    other = ada.get(f"{USERS}{bob.user.pk}/")
    missing = ada.get(f"{USERS}{10**9}/")
    assert (other.status_code, other.content) == (404, missing.content)


def test_staff_see_all_users(amy, ada):
    assert amy.get(f"{USERS}{ada.user.pk}/").json()["username"] == "ada"


def test_anonymous_requests_see_no_user(anyone, ada):
    for path in (f"{USERS}{ada.user.pk}/", f"{USERS}me/"):
        response = anyone.get(path)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_users_are_not_listed(anyone, amy):
    for caller in (anyone, amy):
        assert caller.get(USERS).status_code == 405


def test_createsuperuser_sets_the_keys(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    options = {"username": "Straße", "email": "S@Example.com", "interactive": False}
    call_command("createsuperuser", **options)
    user = User.objects.get()
    assert (user.username_key, user.email_key) == ("strasse", "s@example.com")


def test_the_database_refuses_taken_keys_and_usernames_with_an_at_sign(db):
    first, second = UserFactory(), UserFactory()
    for change in ({"username_key": first.username_key}, {"email_key": first.email_key}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=second.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=second.pk).update(username="a@b")


@pytest.mark.parametrize("text", ["Ada", "ﬀ", "İstanbul", "ǅ", "ẛ̣", "Ω"])
def test_folding_a_key_does_not_change_it(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("name", ["\u01f0an", "\u0390", "\u03b0"])
def test_keys_are_normalized_again_after_case_folding(db, name):
    """Case folding decomposes these letters, and the key composes them again."""
    assert not unicodedata.is_normalized("NFKC", name.casefold())
    user = UserFactory(username=name, email=f"{name}@example.com")
    assert (user.username_key, user.email_key) == (name, f"{name}@example.com")


def test_visible_to_returns_the_user_and_all_users_for_staff(ada, bob, amy):
    assert list(User.objects.visible_to(ada.user)) == [ada.user]
    assert set(User.objects.visible_to(amy.user)) == {ada.user, bob.user, amy.user}
