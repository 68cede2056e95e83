"""POST /api/token/refresh/."""

from datetime import timedelta

import pytest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import UntypedToken

from accounts.models import User
from accounts.tokens import ShopRefreshToken
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller

REFRESH = "/api/token/refresh/"


def refresh(client, token, **kwargs):
    return client.post(REFRESH, {"refresh": token}, **kwargs)


def works(client, token):
    response = client.get("/api/cart/", headers={"Authorization": f"Bearer {token}"})
    return response.status_code == 200


def test_a_refresh_token_is_exchanged_for_new_tokens(anyone, ada):
    response = refresh(anyone, ada.pair.refresh)
    pair = response.json()
    assert (response.status_code, set(pair)) == (200, {"token", "refresh", "expires_in"})
    assert response["Cache-Control"] == "no-store"
    assert pair["refresh"] != ada.pair.refresh
    assert works(anyone, pair["token"])
    assert refresh(anyone, pair["refresh"]).status_code == 200


def spend_earlier(seconds):
    """Let every token that was used be used that many seconds earlier."""
    for row in BlacklistedToken.objects.all():
        row.blacklisted_at -= timedelta(seconds=seconds)
        row.save()


def test_a_token_used_again_at_once_gets_the_same_successor(anyone, ada):
    first = refresh(anyone, ada.pair.refresh)
    rows = OutstandingToken.objects.count()
    spend_earlier(25)
    again = refresh(anyone, ada.pair.refresh)
    assert (again.status_code, again.json()["refresh"]) == (200, first.json()["refresh"])
    assert OutstandingToken.objects.count() == rows
    for pair in (first.json(), again.json()):
        assert works(anyone, pair["token"])
    assert refresh(anyone, first.json()["refresh"]).status_code == 200


def test_the_successor_of_a_token_stays_the_same_after_it_was_used(anyone, ada):
    """A second tab that is late follows the same tokens, each within its own grace."""
    second = refresh(anyone, ada.pair.refresh).json()["refresh"]
    third = refresh(anyone, second).json()["refresh"]
    assert refresh(anyone, ada.pair.refresh).json()["refresh"] == second
    assert refresh(anyone, second).json()["refresh"] == third
    assert len({ada.pair.refresh, second, third}) == 3


def test_a_token_used_again_after_the_grace_ends_the_session(anyone, ada):
    other_session = Caller(ada.user)
    pair = refresh(anyone, ada.pair.refresh).json()
    spend_earlier(31)
    response = refresh(anyone, ada.pair.refresh)
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not works(anyone, pair["token"])
    assert not works(anyone, ada.pair.token)
    assert refresh(anyone, pair["refresh"]).status_code == 401
    assert works(anyone, other_session.pair.token)


def test_the_clock_of_the_database_measures_the_grace(anyone, ada, the_clock):
    the_clock.advance(days=1)
    first = refresh(anyone, ada.pair.refresh).json()["refresh"]
    the_clock.advance(seconds=29)
    assert refresh(anyone, ada.pair.refresh).json()["refresh"] == first
    the_clock.advance(seconds=2)
    assert refresh(anyone, ada.pair.refresh).status_code == 401
    assert refresh(anyone, first).status_code == 401


def test_without_a_grace_a_token_used_again_ends_the_session(anyone, ada, settings):
    settings.REFRESH_TOKEN_GRACE = 0
    pair = refresh(anyone, ada.pair.refresh).json()
    spend_earlier(1)
    assert refresh(anyone, ada.pair.refresh).status_code == 401
    assert not works(anyone, pair["token"])


@pytest.mark.parametrize("path", ["/api/logout/", "/api/logout/all/"])
def test_a_logout_within_the_grace_ends_all_tokens(anyone, ada, path):
    pair = refresh(anyone, ada.pair.refresh).json()
    assert ada.post(path).status_code == 200
    for token in (ada.pair.refresh, pair["refresh"]):
        assert refresh(anyone, token).status_code == 401
    for token in (ada.pair.token, pair["token"]):
        assert not works(anyone, token)


def test_a_token_that_the_previous_release_exchanged_is_refused_within_the_grace(anyone, ada):
    """Its successor had a random id, so that it cannot be signed again. The session goes on."""
    claims = UntypedToken(ada.pair.refresh.encode())
    BlacklistedToken.objects.create(token=OutstandingToken.objects.get(jti=claims["jti"]))
    assert refresh(anyone, ada.pair.refresh).status_code == 401
    assert works(anyone, ada.pair.token)


def test_a_token_without_a_row_is_a_401(anyone, ada):
    OutstandingToken.objects.filter(jti=UntypedToken(ada.pair.refresh.encode())["jti"]).delete()
    assert refresh(anyone, ada.pair.refresh).status_code == 401
    assert works(anyone, ada.pair.token)


def test_no_text_of_a_token_is_stored_and_no_id_can_be_guessed(anyone, ada, settings):
    second = UntypedToken(refresh(anyone, ada.pair.refresh).json()["refresh"].encode())
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}
    settings.JWT_SIGNING_KEY = "another-key-0123456789-abcdefghijkl"
    first = ShopRefreshToken(verify=False, token=ada.pair.refresh.encode())
    assert first.successor_jti() != second["jti"]


def test_a_refresh_sends_few_statements(anyone, ada, unthrottled):
    """User with session, use of the token, insert of the successor, begin and commit."""
    with query_budget(3):
        pair = refresh(anyone, ada.pair.refresh).json()
    with query_budget(3):
        assert refresh(anyone, ada.pair.refresh).json()["refresh"] == pair["refresh"]


def test_a_session_in_its_last_seconds_gets_no_tokens(anyone, ada):
    """The leeway for clocks accepts the token, but a new one would already have expired."""
    old = ShopRefreshToken(ada.pair.refresh.encode())
    old["exp"] = old["sexp"] = old["iat"] - 5
    assert refresh(anyone, str(old)).status_code == 401


def test_new_tokens_expire_with_the_session(anyone, ada):
    old = ShopRefreshToken(ada.pair.refresh.encode())
    end = old["exp"] = old["sexp"] = old["iat"] + 60
    pair = refresh(anyone, str(old)).json()
    assert UntypedToken(pair["refresh"].encode())["exp"] == end
    assert UntypedToken(pair["token"].encode())["exp"] == end
    assert 0 < pair["expires_in"] <= 60


@pytest.mark.parametrize("change", [{"is_active": False}, {"token_version": 5}])
def test_a_refresh_token_is_invalid_once_its_user_or_version_changes(anyone, ada, change):
    User.objects.filter(pk=ada.user.pk).update(**change)
    assert refresh(anyone, ada.pair.refresh).status_code == 401


def test_a_refresh_token_of_a_deleted_user_is_a_401(anyone, ada):
    User.objects.all().delete()
    assert refresh(anyone, ada.pair.refresh).status_code == 401


def test_a_text_that_is_not_a_refresh_token_is_a_401(anyone, ada):
    for token in (ada.pair.token, "a.b.c", "é", ada.pair.refresh[:-2]):
        response = refresh(anyone, token)
        assert (response.status_code, response.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("body", [{}, {"refresh": 1}, {"refresh": None}, {"refresh": "x" * 2001}])
def test_an_invalid_refresh_body_is_a_400(anyone, db, body):
    assert anyone.post(REFRESH, body).status_code == 400


def test_refresh_ignores_an_authorization_header(anyone, ada):
    headers = {"Authorization": "Bearer nonsense"}
    assert refresh(anyone, ada.pair.refresh, headers=headers).status_code == 200
