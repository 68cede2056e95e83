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


def test_a_token_reused_at_once_is_refused_without_ending_the_session(anyone, ada):
    pair = refresh(anyone, ada.pair.refresh).json()
    again = refresh(anyone, ada.pair.refresh)
    assert (again.status_code, again.json()["code"]) == (401, "token_invalid")
    assert again["WWW-Authenticate"] == 'Bearer realm="api"'
    assert works(anyone, pair["token"])


def test_a_token_reused_later_ends_the_session(anyone, ada):
    pair = refresh(anyone, ada.pair.refresh).json()
    BlacklistedToken.objects.update(blacklisted_at="2020-01-01T00:00:00Z")
    assert refresh(anyone, ada.pair.refresh).status_code == 401
    assert not works(anyone, pair["token"])
    assert refresh(anyone, pair["refresh"]).status_code == 401


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
