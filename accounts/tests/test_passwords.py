"""Passwords that are typed in different ways."""

import unicodedata

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core.management import call_command
from django.test import Client

from accounts.factories import UserFactory
from accounts.models import User
from accounts.passwords import normalize_password
from shop.core.models import RateCounter
from shop.testing.marks import on_one_database

pytestmark = on_one_database

NFC = "crème brûlée 7"
NFD = unicodedata.normalize("NFD", NFC)
USERS, LOGIN = "/api/users/", "/api/login/"


def register(client, password):
    body = {"username": "ada", "email": "ada@example.com", "password": password}
    return client.post(USERS, body)


def log_in(client, password, username="ada"):
    RateCounter.objects.all().delete()
    return client.post(LOGIN, {"username": username, "password": password}).status_code


def log_in_to_admin(password):
    body = {"username": "amy", "password": password}
    return Client().post("/admin/login/?next=/admin/", body).status_code


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NFC, NFD),
        (NFD, NFC),
        (
            "\ud55c\uae00\uc554\ud638 1234",
            unicodedata.normalize("NFD", "\ud55c\uae00\uc554\ud638 1234"),
        ),
        ("horse\u00a0battery", "horse battery"),
        ("horse\u3000battery", "horse\u2003battery"),
        ("horse\u1680battery", "horse battery"),
        ("ｈｏｒｓｅ－battery", "horse-battery"),
        ("\ufb01ne horses", "fine horses"),
        ("\u1e9b\u0323 horses", "\u1e69 horses"),
    ],
)
def test_a_password_works_in_every_way_to_type_it(anyone, db, first, second):
    assert register(anyone, first).status_code == 201
    assert (log_in(anyone, first), log_in(anyone, second)) == (200, 200)


@pytest.mark.parametrize(
    "other", ["Horse Battery", "horse  battery", " horse battery", "hörse battery"]
)
def test_other_passwords_are_still_other_passwords(anyone, db, other):
    assert register(anyone, "horse battery").status_code == 201
    assert (log_in(anyone, other), log_in(anyone, "horse battery")) == (401, 200)


@pytest.mark.parametrize("stored", [NFC, NFD, "\ufb01ne horses", "tab\there 12345", "ﷺ" * 100])
def test_a_hash_of_an_earlier_release_is_accepted_and_stays(anyone, db, stored):
    user = UserFactory(username="ada", password=make_password(stored))
    assert log_in(anyone, stored) == 200
    assert User.objects.get().password == user.password
    assert log_in(anyone, "another password") == 401


@pytest.mark.parametrize(("stored", "typed"), [(NFC, NFD), (NFD, NFC)])
def test_a_hash_of_an_earlier_release_accepts_both_forms(anyone, db, stored, typed):
    UserFactory(username="ada", password=make_password(stored))
    assert log_in(anyone, typed) == 200


@pytest.mark.parametrize(
    "password",
    [
        "horse\tbattery",
        "horse\x7fbattery",
        "horse\u0085battery",
        "horse\nbattery",
        "horse\uffffbattery",
        "horse\u0378battery",
        "e\u0301" * 7,
        "x" * 129,
        "\ufdfa" * 8,
        "ｐａｓｓｗｏｒｄ１２３",
        "１２３４５６７８９０",
    ],
)
def test_a_new_password_is_checked_in_the_form_that_is_hashed(anyone, db, admin_browser, password):
    response = register(anyone, password)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["password"]
    form = {
        "username": "carol",
        "email": "carol@example.com",
        "password1": password,
        "password2": password,
        "usable_password": "true",
    }
    assert admin_browser.post("/admin/accounts/user/add/", form).status_code == 200
    assert not User.objects.filter(username__in=["ada", "carol"]).exists()


@pytest.mark.parametrize(
    "password", ["\u0301a" * 64, "e\u0301" * 128, "👩‍👩‍👧 and a horse", "x" * 128]
)
def test_a_password_is_as_long_as_its_normal_form(anyone, db, password):
    assert register(anyone, password).status_code == 201
    assert log_in(anyone, password) == 200


def test_a_very_long_password_is_a_400_before_it_is_normalized(anyone, db):
    long = "a" + "\u0301\u0323" * 30_000
    assert register(anyone, long).status_code == 400
    assert log_in(anyone, long) == 400
    body = {"username": long, "email": "ada@example.com", "password": NFC}
    assert anyone.post(USERS, body).status_code == 400


def test_staff_log_in_to_the_admin_with_either_form(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NFD)
    options = {"username": "amy", "email": "amy@example.com", "interactive": False}
    call_command("createsuperuser", **options)
    assert User.objects.get().check_password(NFC)
    assert [log_in_to_admin(password) for password in (NFC, NFD, "wrong")] == [302, 302, 200]


def test_forms_of_the_admin_set_and_compare_the_normal_form(db):
    amy, browser = UserFactory(username="amy", is_staff=True, is_superuser=True), Client()
    browser.force_login(amy)
    form = {"password1": NFD, "password2": NFC, "usable_password": "true"}
    path = f"/admin/accounts/user/{amy.pk}/password/"
    assert browser.post(path, form | {"password2": NFD}).status_code == 302
    assert log_in_to_admin(NFC) == 302
    change = {
        "old_password": NFC,
        "new_password1": "wörd of hörses",
        "new_password2": "wörd of hörses",
    }
    assert browser.post("/admin/password_change/", change).status_code == 302
    assert log_in_to_admin(unicodedata.normalize("NFD", "wörd of hörses")) == 302


@pytest.mark.parametrize(
    ("password", "hashes"), [("horse battery", 1), (NFC, 2), (NFD, 2), ("\ufb01ne hörses", 3)]
)
@pytest.mark.parametrize("log", ["api", "admin"])
def test_a_wrong_password_costs_the_same_whether_the_user_exists(
    anyone, db, monkeypatch, password, hashes, log
):
    def count(method):
        real = getattr(Argon2PasswordHasher, method)

        def counted(self, *args):
            calls.append(method)
            return real(self, *args)

        monkeypatch.setattr(Argon2PasswordHasher, method, counted)

    UserFactory(username="ada")
    UserFactory(username="gone", is_active=False)
    UserFactory(username="nopassword", password=make_password(None))
    calls = []
    count("encode")
    count("verify")
    for name in ("ada", "gone", "nopassword", "nobody", "no@example.com"):
        calls.clear()
        if log == "api":
            assert log_in(anyone, password, username=name) == 401
        else:
            body = {"username": name, "password": password}
            assert Client().post("/admin/login/", body).status_code == 200
        assert len(calls) == hashes, name


@pytest.mark.parametrize("text", ["abc", NFC, NFD, "\u00a8 \u1680 \ufb01", "\u0345\u1fb3", "ﷺ"])
def test_normalizing_twice_changes_nothing(text):
    once = normalize_password(text)
    assert normalize_password(once) == once
