"""POST /api/token/refresh/."""

import pytest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import UntypedToken

from accounts.models import User
from accounts.tokens import ShopRefreshToken

REFRESH = "/api/token/refresh/"


def refresh(client, token, **kwargs):
    return client.post(REFRESH, {"refresh": token}, **kwargs)


def works(client, token):
    answer = client.get("/api/cart/", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


def test_a_refresh_token_is_spent_for_a_new_pair(anyone, ada):
    answer = refresh(anyone, ada.pair.refresh)
    pair = answer.json()
    assert (answer.status_code, set(pair)) == (200, {"token", "refresh", "expires_in"})
    assert answer["Cache-Control"] == "no-store"
    assert pair["refresh"] != ada.pair.refresh
    assert works(anyone, pair["token"])
    assert refresh(anyone, pair["refresh"]).status_code == 200


def test_used_again_at_once_it_is_refused_and_the_session_lives(anyone, ada):
    pair = refresh(anyone, ada.pair.refresh).json()
    again = refresh(anyone, ada.pair.refresh)
    assert (again.status_code, again.json()["code"]) == (401, "token_invalid")
    assert again["WWW-Authenticate"] == 'Bearer realm="api"'
    assert works(anyone, pair["token"])


def test_used_again_later_it_ends_the_whole_session(anyone, ada):
    pair = refresh(anyone, ada.pair.refresh).json()
    BlacklistedToken.objects.update(blacklisted_at="2020-01-01T00:00:00Z")
    assert refresh(anyone, ada.pair.refresh).status_code == 401
    assert not works(anyone, pair["token"])
    assert refresh(anyone, pair["refresh"]).status_code == 401


def test_the_session_never_outlives_its_end(anyone, ada):
    old = ShopRefreshToken(ada.pair.refresh.encode())
    ends = old["exp"] = old["sexp"] = old["iat"] + 60
    pair = refresh(anyone, str(old)).json()
    assert UntypedToken(pair["refresh"].encode())["exp"] == ends
    assert UntypedToken(pair["token"].encode())["exp"] == ends
    assert 0 < pair["expires_in"] <= 60


@pytest.mark.parametrize("change", [{"is_active": False}, {"token_version": 5}])
def test_it_dies_with_its_user_or_version(anyone, ada, change):
    User.objects.filter(pk=ada.user.pk).update(**change)
    assert refresh(anyone, ada.pair.refresh).status_code == 401


def test_it_dies_with_a_deleted_user(anyone, ada):
    User.objects.all().delete()
    assert refresh(anyone, ada.pair.refresh).status_code == 401


def test_what_is_no_refresh_token_is_a_401(anyone, ada):
    for token in (ada.pair.token, "a.b.c", "é", ada.pair.refresh[:-2]):
        answer = refresh(anyone, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("body", [{}, {"refresh": 1}, {"refresh": None}, {"refresh": "x" * 2001}])
def test_a_malformed_refresh_is_a_400(anyone, db, body):
    assert anyone.post(REFRESH, body).status_code == 400


def test_an_authorization_header_is_ignored(anyone, ada):
    headers = {"Authorization": "Bearer nonsense"}
    assert refresh(anyone, ada.pair.refresh, headers=headers).status_code == 200
