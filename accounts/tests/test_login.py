"""POST /api/login/, POST /api/logout/, POST /api/logout/all/."""

import base64
import json

import jwt
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from accounts.tokens import ShopAccessToken
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller

LOGIN = "/api/login/"
ME = "/api/users/me/"


def log_in(client, username="ada", password=PASSWORD, **kwargs):
    return client.post(LOGIN, {"username": username, "password": password}, **kwargs)


def use(client, token):
    return client.get(ME, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def user(db):
    return UserFactory(username="ada", email="Ada@Example.com")


@pytest.mark.parametrize(
    "name", ["ada", "ADA", " ada ", "ａｄａ", "ada@example.com", "ADA@EXAMPLE.COM"]
)
def test_users_log_in_with_username_or_address_in_any_spelling(anyone, user, name):
    response = log_in(anyone, name)
    assert response.status_code == 200
    assert set(response.json()) == {"token", "refresh", "expires_in"}
    assert response.json()["expires_in"] == 86_400
    assert response["Cache-Control"] == "no-store"
    assert use(anyone, response.json()["token"]).json()["username"] == "ada"


def test_all_failed_logins_get_the_same_401(anyone, user):
    UserFactory(username="gone", is_active=False)
    pairs = [("ada", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("no@example.com", "x")]
    responses = [log_in(anyone, *pair) for pair in pairs]
    assert {response.status_code for response in responses} == {401}
    assert len({response.content for response in responses}) == 1
    assert responses[0]["WWW-Authenticate"] == 'Bearer realm="api"'
    assert responses[0].json()["code"] == "invalid_credentials"
    assert not OutstandingToken.objects.exists()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"username", "password"}),
        ({"username": "ada"}, {"password"}),
        ({"username": "", "password": "x"}, {"username"}),
        ({"username": 7, "password": "x"}, {"username"}),
        ({"username": "ada", "password": None}, {"password"}),
        ({"username": "ada", "password": "x" * 129}, {"password"}),
        ({"username": "x" * 255, "password": "x"}, {"username"}),
        ([], {""}),
    ],
)
def test_an_invalid_login_body_is_a_400(anyone, user, body, fields):
    response = anyone.post(LOGIN, body)
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == fields


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic x"])
def test_login_ignores_an_authorization_header(anyone, user, header):
    assert log_in(anyone, headers={"Authorization": header}).status_code == 200


def test_the_text_of_a_token_is_not_stored(ada):
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}
    assert OutstandingToken.objects.count() == 2


def test_logging_out_ends_this_session_only(anyone, ada):
    other_session = Caller(ada.user)
    response = ada.post("/api/logout/")
    assert (response.status_code, response.json()) == (200, {"message": "You are logged out."})
    for again in (ada.get(ME), ada.post("/api/logout/")):
        assert (again.status_code, again.json()["code"]) == (401, "token_invalid")
    refreshed = anyone.post("/api/token/refresh/", {"refresh": ada.pair.refresh})
    assert refreshed.status_code == 401
    assert other_session.get(ME).status_code == 200


def test_logging_out_everywhere_ends_all_sessions_of_the_user(anyone, ada, bob):
    other_session = Caller(ada.user)
    assert ada.post("/api/logout/all/").status_code == 200
    assert [c.get(ME).status_code for c in (ada, other_session, bob)] == [401, 401, 200]
    refreshed = anyone.post("/api/token/refresh/", {"refresh": other_session.pair.refresh})
    assert refreshed.status_code == 401
    assert log_in(anyone).status_code == 200


def test_logging_out_requires_a_token(anyone, db):
    for path in ("/api/logout/", "/api/logout/all/"):
        response = anyone.post(path)
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_authentication_sends_one_statement(ada):
    with query_budget(1 + 1):  # and one for the metadata, which no other endpoint needs
        assert ada.get(ME).status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"token_version": 7}])
def test_a_token_is_invalid_once_its_user_or_version_changes(ada, change):
    User.objects.filter(pk=ada.user.pk).update(**change)
    assert ada.get(ME).status_code == 401


def test_a_token_of_a_deleted_user_is_a_401(ada):
    User.objects.filter(pk=ada.user.pk).delete()
    assert ada.get(ME).status_code == 401


def test_a_changed_password_ends_all_sessions(ada):
    ada.user.set_password("another-long-one")
    ada.user.save()
    assert ada.get(ME).status_code == 401
    assert Caller(ada.user).get(ME).status_code == 200


def test_an_upgraded_hash_ends_no_session(anyone, ada):
    from django.contrib.auth.hashers import make_password

    old = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=ada.user.pk).update(password=old)
    assert log_in(anyone).status_code == 200
    assert User.objects.get().password.startswith("argon2")
    assert ada.get(ME).status_code == 200


def test_saving_an_outdated_user_does_not_write_the_token_version(ada):
    stale = User.objects.get()
    ada.post("/api/logout/all/")
    stale.first_name = "Ada"
    stale.save()
    fresh = User.objects.get()
    assert (fresh.first_name, fresh.token_version) == ("Ada", 1)


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def sign(claims):
    payload = json.dumps(claims).encode()  # jwt.encode() would check some types
    return jwt.PyJWS().encode(payload, settings.JWT_SIGNING_KEY, algorithm="HS256")


@pytest.mark.parametrize("claim", ["sid", "tv", "user_id", "jti", "iat", "exp", "sexp"])
@pytest.mark.parametrize("kind", ["token", "refresh"])
def test_a_token_with_a_missing_claim_is_a_401(anyone, ada, claim, kind):
    claims = claims_of(getattr(ada.pair, kind))
    assert present(anyone, kind, sign(claims)).status_code == 200
    del claims[claim]
    assert present(anyone, kind, sign(claims)).status_code == 401


def present(client, kind, token):
    if kind == "refresh":
        return client.post("/api/token/refresh/", {"refresh": token})
    return use(client, token)


@pytest.mark.parametrize("kind", ["token", "refresh"])
@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("user_id", str(10**30)),
        ("user_id", 10**30),
        ("user_id", "0"),
        ("user_id", "-1"),
        ("user_id", "\u0661"),
        ("user_id", " 1"),
        ("user_id", "1_0"),
        ("user_id", True),
        ("user_id", None),
        ("user_id", []),
        ("user_id", {"a": 1}),
        ("sid", "0" * 32),
        ("sid", "\x00" * 32),
        ("sid", "\ud800"),
        ("sid", ""),
        ("sid", 1),
        ("sid", ["0" * 32]),
        ("tv", False),
        ("tv", "0"),
        ("tv", 0.0),
        ("tv", 2**31),
        ("tv", -1),
        ("tv", None),
        ("jti", 1),
        ("jti", "\x00"),
        ("jti", "x" * 300),
        ("iat", "now"),
        ("iat", 10**30),
        ("iat", 1e300),
        ("iat", float("inf")),
        ("iat", float("nan")),
        ("exp", "4000000000"),
        ("exp", 10**30),
        ("exp", 1e300),
        ("exp", float("inf")),
        ("exp", [4000000000]),
        ("exp", True),
        ("sexp", "4000000000"),
        ("sexp", 10**30),
        ("sexp", -1),
        ("sexp", None),
        ("nbf", "now"),
        ("nbf", 10**30),
        ("nbf", []),
        ("aud", 1),
        ("aud", ["shop-api", 1]),
        ("iss", []),
        ("token_type", None),
        ("token_type", ["access", "refresh"]),
        ("token_type", "sliding"),
    ],
)
def test_a_claim_of_another_type_or_range_is_a_401(anyone, ada, kind, claim, value):
    response = present(anyone, kind, sign(claims_of(getattr(ada.pair, kind)) | {claim: value}))
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert present(anyone, kind, getattr(ada.pair, kind)).status_code == 200


def test_a_token_of_another_users_session_is_a_401(anyone, ada, bob):
    claims = claims_of(ada.pair.token) | {"sid": claims_of(bob.pair.token)["sid"]}
    assert use(anyone, sign(claims)).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        *(f"{encoded}.e30.eA" for encoded in ("e30", "bnVsbA", "W10", "MQ", "eyJhbGciOltdfQ")),
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.eA",
        base64.urlsafe_b64encode(b'{"alg":"HS256","b64":false,"crit":[1]}').decode() + ".e30.eA",
        base64.urlsafe_b64encode(b'{"alg":"HS256","kid":7}').decode() + ".e30.eA",
        base64.urlsafe_b64encode(b'{"alg":"HS256","x":' + b"9" * 5000 + b"}").decode() + ".e30.eA",
        "." * 3,
        "..",
    ],
)
def test_a_text_that_only_resembles_a_token_is_a_401(anyone, db, token):
    assert use(anyone, token).status_code == 401
    assert anyone.post("/api/token/refresh/", {"refresh": token[:2000]}).status_code in (400, 401)


@pytest.mark.parametrize("payload", [b"null", b"[]", b"7", b"[" * 1400, b"{", b"\xff", b""])
def test_a_signed_text_without_claims_is_a_401(anyone, db, payload):
    token = jwt.PyJWS().encode(payload, settings.JWT_SIGNING_KEY, algorithm="HS256")
    assert use(anyone, token).status_code == 401
    assert present(anyone, "refresh", token).status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(25, 200), (40, 401)])
def test_the_clock_of_another_server_may_be_30_seconds_ahead(anyone, ada, seconds, status):
    claims = claims_of(ada.pair.token)
    later = claims["iat"] + seconds
    assert use(anyone, sign(claims | {"iat": later, "nbf": later})).status_code == status


@pytest.mark.parametrize(("seconds", "status"), [(25, 200), (35, 401)])
def test_the_clock_of_another_server_may_be_30_seconds_behind(anyone, ada, seconds, status):
    claims = claims_of(ada.pair.token)
    assert use(anyone, sign(claims | {"exp": claims["iat"] - seconds})).status_code == status


@pytest.mark.parametrize("header", ["Bearer é", "Bearer \x7f", "Bearer a.b.c", "bearer a.b.c"])
def test_a_header_without_a_valid_token_is_a_401(anyone, db, header):
    response = anyone.get(ME, headers={"Authorization": header})
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert "expired or revoked" in response.json()["detail"]


@pytest.mark.parametrize(
    "header",
    [
        "Token {token}",
        "JWT {token}",
        "Basic YWRhOng=",
        "{token}",
        "Bearer",
        "Bearer{token}",
        "Bearer: {token}",
        "Bearer Bearer {token}",
        "Bearer {token} {token}",
        "Bearer {token},Bearer {token}",
        "Bearer {token}, Bearer {token}",
        "Bearer {token},",
    ],
)
def test_another_scheme_is_a_401_that_names_the_right_one(anyone, ada, header):
    for path in (ME, "/api/products/"):
        answer = anyone.get(path, headers={"Authorization": header.format(token=ada.pair.token)})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
        assert answer.json()["detail"] == 'Use "Authorization: Bearer <token>", with one token.'
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer ", " Bearer"])
def test_the_scheme_has_any_case(anyone, ada, scheme):
    header = {"Authorization": f"{scheme} {ada.pair.token}"}
    assert anyone.get(ME, headers=header).status_code == 200


@pytest.mark.parametrize("header", ["", " "])
def test_an_empty_header_is_no_credential(anyone, tea, header):
    headers = {"Authorization": header}
    assert anyone.get("/api/products/", headers=headers).status_code == 200
    answer = anyone.get(ME, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.json()["detail"] == "Please log in to do this."
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_unsigned_expired_and_foreign_tokens_are_401(anyone, ada):
    claims = claims_of(ada.pair.token)
    key = settings.JWT_SIGNING_KEY
    forged = [
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode(claims, "x" * 40, algorithm="HS256"),
        jwt.encode(claims | {"exp": 1}, key, algorithm="HS256"),
        jwt.encode(claims | {"aud": "other"}, key, algorithm="HS256"),
        jwt.encode(claims | {"iss": "other"}, key, algorithm="HS256"),
        ada.pair.refresh,
    ]
    assert [use(anyone, token).status_code for token in forged] == [401] * 6
    assert use(anyone, jwt.encode(claims, key, algorithm="HS256")).status_code == 200


def test_cleanup_deletes_expired_rows_only(ada, bob, capsys):
    OutstandingToken.objects.filter(user=ada.user).update(expires_at="2020-01-01T00:00:00Z")
    call_command("cleanup")
    assert "2 expired tokens deleted" in capsys.readouterr().out
    assert set(OutstandingToken.objects.values_list("user", flat=True)) == {bob.user.pk}
    assert bob.get(ME).status_code == 200


def test_the_clock_of_the_database_decides_which_rows_have_expired(ada, the_clock, capsys):
    the_clock.advance(days=13)
    call_command("cleanup", "--keep-files")
    assert OutstandingToken.objects.count() == 2
    the_clock.advance(days=2)
    call_command("cleanup", "--keep-files")
    assert not OutstandingToken.objects.exists()
    assert ada.get(ME).status_code == 401


def test_the_expiry_of_tokens_is_indexed(db):
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(
            cursor, "token_blacklist_outstandingtoken"
        )
    assert constraints["accounts_token_by_expiry"]["columns"] == ["expires_at"]


def test_a_cached_token_still_expires(anyone, user, monkeypatch):
    token = log_in(anyone).json()["token"]
    assert use(anyone, token).status_code == 200
    ends_at = ShopAccessToken(token)["exp"] + settings.SIMPLE_JWT["LEEWAY"]
    monkeypatch.setattr("accounts.auth.time", lambda: ends_at - 1)
    assert use(anyone, token).status_code == 200
    monkeypatch.setattr("accounts.auth.time", lambda: ends_at)
    response = use(anyone, token)
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
