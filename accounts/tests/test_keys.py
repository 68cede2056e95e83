"""Replacing the key that signs tokens."""

import jwt
import pytest

from accounts.auth import _verified_token
from accounts.factories import PASSWORD
from shop.testing.fixtures import Caller

ONE, TWO, THREE = (f"key-{n}-of-the-tests-of-keys-" + "0123456789abcdef" * 3 for n in (1, 2, 3))
REFRESH = "/api/token/refresh/"


@pytest.fixture(autouse=True)
def server(settings):
    """Return a function that restarts the server with a key and others that it accepts."""

    def restart(key, *fallbacks):
        settings.JWT_SIGNING_KEY, settings.JWT_SIGNING_KEY_FALLBACKS = key, list(fallbacks)
        _verified_token.cache_clear()

    restart(ONE)
    yield restart
    _verified_token.cache_clear()


def use(client, token):
    return client.get("/api/users/me/", headers={"Authorization": f"Bearer {token}"}).status_code


def is_signed_with(key, token):
    try:
        jwt.decode(token, key, algorithms=["HS256"], audience="shop-api", issuer="shop")
    except jwt.InvalidSignatureError:
        return False
    return True


def test_a_replaced_key_logs_nobody_out(anyone, ada, server):
    server(TWO, ONE)
    assert use(anyone, ada.pair.token) == 200
    response = anyone.post(REFRESH, {"refresh": ada.pair.refresh})
    assert response.status_code == 200
    pair = response.json()
    for token in (pair["token"], pair["refresh"]):
        assert (is_signed_with(TWO, token), is_signed_with(ONE, token)) == (True, False)
    server(THREE, TWO, ONE)
    for token in (ada.pair.token, pair["token"]):
        assert use(anyone, token) == 200


def test_a_key_that_is_removed_is_not_accepted_any_more(anyone, ada, server):
    server(TWO, ONE)
    pair = anyone.post(REFRESH, {"refresh": ada.pair.refresh}).json()
    bob = Caller(ada.user)
    server(TWO)
    assert use(anyone, ada.pair.token) == 401
    assert anyone.post(REFRESH, {"refresh": ada.pair.refresh}).status_code == 401
    assert (use(anyone, pair["token"]), use(anyone, bob.pair.token)) == (200, 200)
    assert anyone.post(REFRESH, {"refresh": pair["refresh"]}).status_code == 200


def test_a_new_key_is_accepted_before_it_signs(anyone, ada, server):
    """Of two servers, the first is restarted with the new key, and the second is not yet."""
    server(TWO, ONE)
    new = Caller(ada.user).pair
    server(ONE, TWO)
    assert use(anyone, new.token) == 200
    pair = anyone.post(REFRESH, {"refresh": new.refresh}).json()
    assert is_signed_with(ONE, pair["refresh"])


def test_a_repeated_refresh_gets_the_same_successor_while_keys_are_replaced(anyone, ada, server):
    first = anyone.post(REFRESH, {"refresh": ada.pair.refresh}).json()["refresh"]
    server(TWO, ONE)
    again = anyone.post(REFRESH, {"refresh": ada.pair.refresh})
    assert again.status_code == 200
    claims = [
        jwt.decode(token, options={"verify_signature": False})
        for token in (first, again.json()["refresh"])
    ]
    assert claims[0] == claims[1]
    assert is_signed_with(TWO, again.json()["refresh"])
    server(ONE, TWO)
    assert anyone.post(REFRESH, {"refresh": ada.pair.refresh}).json()["refresh"] == first


def test_other_keys_and_unsigned_tokens_are_refused_while_keys_are_replaced(anyone, ada, server):
    server(TWO, ONE)
    claims = jwt.decode(ada.pair.token, options={"verify_signature": False})
    forged = [
        jwt.encode(claims, THREE, algorithm="HS256"),
        jwt.encode(claims, ONE, algorithm="HS512"),
        jwt.encode(claims, None, algorithm="none"),
        ada.pair.token[:-4] + "AAAA",
        "a.b.c",
    ]
    assert [use(anyone, token) for token in forged] == [401] * 5
    assert use(anyone, jwt.encode(claims, ONE, algorithm="HS256")) == 200


def test_a_login_signs_with_the_new_key(anyone, ada, server):
    server(TWO, ONE)
    pair = anyone.post("/api/login/", {"username": "ada", "password": PASSWORD}).json()
    assert is_signed_with(TWO, pair["token"])
