"""E-mail addresses with international domains."""

import importlib
import logging

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from accounts.addresses import fold_address, fold_domain
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from shop.core.models import RateCounter
from shop.testing.marks import on_one_database

pytestmark = on_one_database

SPELLINGS = [
    "ada@bücher.example",
    "ada@xn--bcher-kva.example",
    "Ada@XN--BCHER-KVA.Example",
    "ADA@BÜCHER.EXAMPLE",
    "ada@bu\u0308cher.example",
    "ada@ｂücher.example",
]


def register(client, email, username="other"):
    body = {"username": username, "email": email, "password": PASSWORD}
    return client.post("/api/users/", body)


def log_in(client, username, password=PASSWORD):
    return client.post("/api/login/", {"username": username, "password": password}).status_code


@pytest.mark.parametrize("first", SPELLINGS)
def test_an_international_address_is_one_account_in_every_spelling(anyone, db, first):
    assert register(anyone, first, "ada").status_code == 201
    assert User.objects.get().email == first
    for second in SPELLINGS:
        RateCounter.objects.all().delete()
        response = register(anyone, second)
        assert (response.status_code, response.json()["code"]) == (409, "email_taken")
        assert log_in(anyone, second) == 200
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "typed", ["ada@bücher.example.", "ada@bücher。example", "ada@xn--bcher-kva.example."]
)
def test_a_login_accepts_other_dots(anyone, db, typed):
    UserFactory(username="ada", email="ada@bücher.example")
    assert log_in(anyone, typed) == 200


def test_spellings_of_an_address_share_the_limit_of_failed_logins(anyone, db):
    UserFactory(username="ada", email="ada@bücher.example")
    for name in ("ada", *SPELLINGS[:2]) * 3:
        assert log_in(anyone, name, "wrong") == 401
    assert log_in(anyone, "ada", "wrong") == 401
    assert log_in(anyone, SPELLINGS[1]) == 429


def test_the_admin_finds_and_refuses_both_spellings(admin_browser, db):
    ada = UserFactory(username="ada", email="ada@bücher.example")
    for term in ("bücher", "xn--bcher-kva.example", "ada@xn--bcher-kva.example"):
        page = admin_browser.get("/admin/accounts/user/", {"q": term})
        assert list(page.context["cl"].queryset) == [ada]
    form = {
        "username": "other",
        "email": "ada@xn--bcher-kva.example",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "usable_password": "true",
    }
    assert admin_browser.post("/admin/accounts/user/add/", form).status_code == 200
    assert not User.objects.filter(username="other").exists()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada@example.com.", "ada@example.com"),
        ("ada＠example.com", "ada@example.com"),
        ("ada@straße.example", "ada@straße.example"),
        ("ada@xn--strae-oqa.example", "ada@straße.example"),
        ("ada@strasse.example", "ada@strasse.example"),
        ("straße@example.com", "strasse@example.com"),
        ("ada@❤.example", "ada@❤.example"),
        ("ada@xn--qei.example", "ada@❤.example"),
        ("ada@例え。テスト", "ada@例え.テスト"),
        ("ada@a_b.example", "ada@a_b.example"),
        ("ada@xn--a.example", "ada@xn--a.example"),
        ("ada@xn--abc-.example", "ada@xn--abc-.example"),
        ("ada@xn--ib9b.example", "ada@xn--ib9b.example"),
        ("ada@xn--ß.example", "ada@xn--ss.example"),
        ("ada@[127.0.0.1]", "ada@[127.0.0.1]"),
        ("a@b@bücher.example", "a@b@bücher.example"),
        ("@", "@"),
        ("", ""),
    ],
)
def test_the_key_of_an_address(address, key):
    assert fold_address(address) == key
    assert fold_address(key) == key


def test_a_very_long_address_is_a_400_before_it_is_normalized(anyone, db):
    assert register(anyone, "a@b" + "\u0301\u0323" * 30_000 + ".example").status_code == 400


@pytest.fixture
def migration():
    return importlib.import_module("accounts.migrations.0005_keys_of_international_domains")


def as_the_previous_release(**keys):
    """Store users with the keys that the previous release gave them."""
    for name, (email, key) in keys.items():
        user = UserFactory(username=name)
        User.objects.filter(pk=user.pk).update(email=email, email_key=key)


def keys_of(*names):
    keys = dict(User.objects.values_list("username", "email_key"))
    return [keys[name] for name in names]


def test_the_migration_corrects_the_keys_of_earlier_releases(anyone, db, migration):
    as_the_previous_release(
        ada=("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        bob=("Bob@Bücher.example", "bob@bücher.example"),
        carol=("carol@straße.example", "carol@strasse.example"),
        dan=("Dan@example.com", "dan@example.com"),
    )
    migration._STEP = 1
    migration.set_keys(apps, None)
    assert keys_of("ada", "bob", "carol", "dan") == [
        "ada@bücher.example",
        "bob@bücher.example",
        "carol@straße.example",
        "dan@example.com",
    ]
    assert log_in(anyone, "ada@bücher.example") == 200
    call_command("audit")


def test_the_migration_leaves_and_reports_accounts_with_the_same_address(db, migration, caplog):
    as_the_previous_release(
        ada=("ada@bücher.example", "ada@bücher.example"),
        ada2=("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
    )
    ids = list(User.objects.order_by("pk").values_list("pk", flat=True))
    with caplog.at_level(logging.WARNING, "shop.migrations"):
        migration.set_keys(apps, None)
    assert caplog.messages == [
        f"users {ids[0]} and {ids[1]} have the same e-mail address in two spellings"
    ]
    assert keys_of("ada", "ada2") == ["ada@bücher.example", "ada@xn--bcher-kva.example"]
    with pytest.raises(CommandError):
        call_command("audit")


@pytest.mark.parametrize("address", [*SPELLINGS, "a@❤.example", "a@xn--abc-.example", "a@b"])
def test_the_migration_computes_the_keys_of_this_release(address, migration):
    assert migration.fold_address(address) == fold_address(address)
    assert fold_domain(address.rpartition("@")[2]) == fold_address(address).rpartition("@")[2]
