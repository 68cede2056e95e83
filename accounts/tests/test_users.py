"""POST /api/users/, GET /api/users/{id}/, GET /api/users/me/."""

import re
import unicodedata

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.addresses import fold
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from shop.core.models import IdempotencyKey

USERS = "/api/users/"
ADA = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
EMPTY = {
    "email_verified": False,
    "first_name": "",
    "last_name": "",
    "phone": "",
    "language": None,
    "metadata": {},
}
MEMBERS = {"id", "username", "email", *EMPTY}


def test_anyone_can_register(anyone, db, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS_OF_THE_SHOP
    response = anyone.post(USERS, ADA)
    user = User.objects.get()
    assert (response.status_code, response["Location"]) == (201, f"{USERS}{user.pk}/")
    names = {"id": user.pk, "username": "ada", "email": "ada@example.com"}
    assert response.json() == EMPTY | names
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
        ({"email": "a@[127.0.0.1]"}, "email"),
        ({"email": "a" * 65 + "@example.com"}, "email"),
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


def test_an_address_may_have_64_characters_before_the_sign(anyone, db):
    assert anyone.post(USERS, ADA | {"email": "a" * 64 + "@example.com"}).status_code == 201


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
    expected = EMPTY | {"id": ada.user.pk, "username": "ada", "email": "ada@example.com"}
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


WITHOUT_NAME = {"email": "ada@example.com", "password": PASSWORD}


@pytest.mark.parametrize(
    ("email", "stem"),
    [
        ("ada@example.com", "ada"),
        ("Ada.L-1+shop@example.com", "ada.l-1shop"),
        (f"{'x' * 64}@example.com", "x" * 40),
        ("_@example.com", "user"),
        ("'*@example.com", "user"),
    ],
)
def test_a_username_is_made_from_the_address(anyone, db, email, stem):
    answer = anyone.post(USERS, WITHOUT_NAME | {"email": email})
    assert answer.status_code == 201, answer.content
    username = answer.json()["username"]
    assert re.fullmatch(rf"{re.escape(stem)}-[a-z2-9]{{8}}", username)
    assert User.objects.get().username == username
    body = {"username": username, "password": PASSWORD}
    assert anyone.post("/api/login/", body).status_code == 200


def test_made_usernames_are_different(anyone, db):
    for domain in ("a.example.com", "b.example.com"):
        body = WITHOUT_NAME | {"email": f"ada@{domain}"}
        assert anyone.post(USERS, body).status_code == 201
    assert len(set(User.objects.values_list("username", flat=True))) == 2


def test_a_taken_address_without_a_username_is_a_409(anyone, db):
    assert anyone.post(USERS, WITHOUT_NAME).status_code == 201
    answer = anyone.post(USERS, WITHOUT_NAME)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert User.objects.count() == 1


@pytest.mark.parametrize("username", ["", " ", None])
def test_an_empty_username_is_refused(anyone, db, username):
    answer = anyone.post(USERS, ADA | {"username": username})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "username")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("accept", "chosen", "stored"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", {}, "de"),
        ("fr", {}, None),
        ("", {}, None),
        ("de", {"language": "en"}, "en"),
    ],
)
def test_the_language_is_chosen_or_negotiated(anyone, db, accept, chosen, stored):
    headers = {"Accept-Language": accept} if accept else {}
    answer = anyone.post("/api/users/", ADA | chosen, headers=headers)
    assert (answer.status_code, answer.json()["language"]) == (201, stored)
    assert User.objects.get().language == (stored or "")


def test_an_unknown_language_is_refused(anyone, db):
    answer = anyone.post("/api/users/", ADA | {"language": "tlh"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "language")


def test_names_are_kept_and_returned(anyone, db):
    names = {"first_name": "Ada", "last_name": "King, Countess of Lovelace"}
    answer = anyone.post(USERS, ADA | names | {"login": True})
    assert answer.json().items() >= names.items()
    header = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert anyone.get(f"{USERS}me/", headers=header).json().items() >= names.items()
    user = User.objects.get()
    assert (user.first_name, user.last_name) == tuple(names.values())


@pytest.mark.parametrize("names", [{"first_name": "x" * 151}, {"last_name": 5}, {"login": "true"}])
def test_malformed_names_are_refused(anyone, db, names):
    answer = anyone.post(USERS, ADA | names)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, *names)
    assert not User.objects.exists()


def test_a_registration_with_login_answers_the_tokens(anyone, db):
    answer = anyone.post(USERS, ADA | {"login": True}, headers={"Idempotency-Key": "k"})
    body = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    tokens = {"token", "refresh", "expires_in"}
    assert set(body) == tokens | MEMBERS
    header = {"Authorization": f"Bearer {body['token']}"}
    assert anyone.get(f"{USERS}me/", headers=header).json()["id"] == body["id"]
    refreshed = anyone.post("/api/token/refresh/", {"refresh": body["refresh"]})
    assert set(refreshed.json()) == tokens
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("login", [{}, {"login": False}])
def test_a_registration_without_login_opens_no_session(anyone, db, login):
    answer = anyone.post(USERS, ADA | login)
    assert set(answer.json()) == MEMBERS
    assert not OutstandingToken.objects.exists()


def test_a_refused_registration_with_login_opens_no_session(anyone, ada):
    sessions = OutstandingToken.objects.count()
    body = ADA | {"email": ada.user.email, "username": "other", "login": True}
    answer = anyone.post(USERS, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert OutstandingToken.objects.count() == sessions
