"""Parallel requests for the same username, token or rate limit."""

from functools import partial

import pytest
from django.db import connection
from django.utils.translation import get_language
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import hooks, links
from accounts.address_book import MAX_ADDRESSES
from accounts.factories import PASSWORD, UserFactory
from accounts.models import Address, User
from accounts.tests.test_address_book import BERLIN, BOTH
from cart.factories import fill_cart
from cart.models import Cart
from orders.models import Order
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times
from shop.uploads import uploader

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_parallel_registrations_gets_the_username(anyone):
    names = ["Ada", "ada", "ADA", "ａｄａ"] * 2
    calls = [
        partial(
            anyone.post,
            "/api/users/",
            {"username": name, "email": f"ada{n}@example.com", "password": PASSWORD},
        )
        for n, name in enumerate(names)
    ]
    responses = at_once(*calls)
    assert statuses(responses) == {201: 1, 409: 7}
    assert {a.json()["code"] for a in responses if a.status_code == 409} == {"username_taken"}
    assert User.objects.count() == 1


@pytest.mark.parametrize("attempt", range(4))
def test_parallel_refreshes_of_one_token_get_the_same_successor(anyone, ada, attempt):
    before = OutstandingToken.objects.count()
    body = {"refresh": ada.pair.refresh}
    responses = times(8, partial(anyone.post, "/api/token/refresh/", body))
    assert statuses(responses) == {200: 8}
    successor = {response.json()["refresh"] for response in responses}
    assert len(successor) == 1
    assert OutstandingToken.objects.count() == before + 1
    assert BlacklistedToken.objects.count() == 1
    for response in responses:
        headers = {"Authorization": f"Bearer {response.json()['token']}"}
        assert anyone.get("/api/users/me/", headers=headers).status_code == 200

    BlacklistedToken.objects.update(blacklisted_at="2020-01-01T00:00:00Z")
    assert statuses(times(4, partial(anyone.post, "/api/token/refresh/", body))) == {401: 4}
    after = anyone.post("/api/token/refresh/", {"refresh": successor.pop()})
    assert (after.status_code, ada.get("/api/users/me/").status_code) == (401, 401)


@pytest.mark.parametrize("attempt", range(4))
def test_tokens_issued_during_a_logout_are_invalid_afterwards(anyone, attempt):
    ada = Caller(UserFactory())
    refreshed, logged_out = at_once(
        lambda: anyone.post("/api/token/refresh/", {"refresh": ada.pair.refresh}),
        lambda: ada.post("/api/logout/"),
    )
    statuses([refreshed, logged_out])
    assert logged_out.status_code == 200
    tokens = [ada.pair.token]
    if refreshed.status_code == 200:
        tokens.append(refreshed.json()["token"])
        again = anyone.post("/api/token/refresh/", {"refresh": refreshed.json()["refresh"]})
        assert again.status_code == 401
    for token in tokens:
        response = anyone.get("/api/cart/", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401


def test_a_token_is_invalid_once_the_logout_has_responded(ada):
    def log_out_then_read_cart():
        ada.post("/api/logout/")
        return ada.get("/api/cart/")

    responses = times(4, log_out_then_read_cart)
    assert statuses(responses) == {401: 4}


def test_parallel_failed_logins_are_counted_exactly(anyone):
    UserFactory(username="ada")
    body = {"username": "ada", "password": "not the password"}
    responses = times(16, partial(anyone.post, "/api/login/", body))
    assert statuses(responses) == {401: 10, 429: 6}
    right = anyone.post("/api/login/", {"username": "ada", "password": PASSWORD})
    assert right.status_code == 429
    assert 1 <= int(right["Retry-After"]) <= 60


def test_parallel_failed_logins_by_name_and_address_are_counted_exactly(anyone):
    UserFactory(username="ada")
    calls = [
        partial(anyone.post, "/api/login/", {"username": name, "password": "not the password"})
        for name in ("ada", "ada@example.com", "ADA", "Ada@Example.com") * 4
    ]
    assert statuses(at_once(*calls)) == {401: 10, 429: 6}


def test_parallel_registrations_are_counted_exactly(anyone):
    UserFactory(email="taken@example.com")
    calls = [
        partial(
            anyone.post,
            "/api/users/",
            {"username": f"u{n}", "email": "taken@example.com", "password": PASSWORD},
        )
        for n in range(14)
    ]
    assert statuses(at_once(*calls)) == {409: 10, 429: 4}
    assert User.objects.count() == 1


NEW = "staple-battery-horse"


@pytest.mark.parametrize("attempt", range(3))
def test_a_reset_link_that_is_used_twice_at_once_works_once(anyone, ada, attempt, monkeypatch):
    seen = []
    monkeypatch.setattr(hooks.on_email_verified, "_handlers", [seen.append])
    token = links.make_reset_token(ada.user)
    passwords = [f"{NEW}-{n}" for n in range(4)]
    responses = at_once(
        *(
            partial(
                anyone.post,
                "/api/users/password-reset/confirm/",
                {"token": token, "new_password": password},
            )
            for password in passwords
        )
    )
    assert statuses(responses) == {200: 1, 400: 3}
    (winner,) = [n for n, response in enumerate(responses) if response.status_code == 200]
    user = User.objects.get()
    assert [user.check_password(password) for password in passwords] == [
        n == winner for n in range(4)
    ]
    assert (user.token_version, len(seen)) == (1, 1)


def test_a_verification_link_that_is_used_twice_at_once_works_once(anyone, ada, monkeypatch):
    seen = []
    monkeypatch.setattr(hooks.on_email_verified, "_handlers", [seen.append])
    body = {"token": links.make_verification_token(ada.user)}
    responses = times(4, partial(anyone.post, "/api/users/verify-email/confirm/", body))
    assert statuses(responses) == {200: 1, 400: 3}
    assert len(seen) == 1


def test_one_of_two_password_changes_at_once_succeeds(anyone, ada):
    bodies = [{"current": PASSWORD, "new": f"{NEW}-{n}"} for n in range(2)]
    responses = at_once(*(partial(ada.post, "/api/users/me/password/", body) for body in bodies))
    assert sorted(response.status_code for response in responses) in ([200, 400], [200, 401])
    (winner,) = [n for n, response in enumerate(responses) if response.status_code == 200]
    assert User.objects.get().check_password(f"{NEW}-{winner}")
    header = {"Authorization": f"Bearer {responses[winner].json()['token']}"}
    assert anyone.get("/api/users/me/", headers=header).status_code == 200


@pytest.mark.parametrize("attempt", range(3))
def test_addresses_that_are_added_at_once_have_one_default_each(ada, attempt):
    responses = times(4, partial(ada.post, "/api/addresses/", BERLIN | BOTH, format="json"))
    assert statuses(responses) == {201: 4}
    rows = Address.objects.order_by("pk")
    assert rows.filter(is_default_shipping=True).count() == 1
    assert rows.filter(is_default_billing=True).count() == 1


def test_addresses_that_are_added_at_once_do_not_exceed_the_limit(ada):
    row = BERLIN | {"user": ada.user}
    Address.objects.bulk_create(Address(**row) for _ in range(MAX_ADDRESSES - 2))
    responses = times(4, partial(ada.post, "/api/addresses/", BERLIN, format="json"))
    assert statuses(responses) == {201: 2, 409: 2}
    assert Address.objects.count() == MAX_ADDRESSES


def test_changes_of_one_address_at_once_are_both_kept(ada):
    pk = ada.post("/api/addresses/", BERLIN, format="json").json()["id"]
    path = f"/api/addresses/{pk}/"
    bodies = [{"line2": "Hinterhof"}, {"city": "Potsdam"}, {"company": "Engines Ltd"}]
    assert statuses(
        at_once(*(partial(ada.patch, path, body, format="json") for body in bodies))
    ) == {200: 3}
    assert ada.get(path).json().items() >= {**bodies[0], **bodies[1], **bodies[2]}.items()


@pytest.mark.parametrize("attempt", range(3))
def test_an_account_that_is_deleted_while_it_is_used(anyone, ada, tea, attempt):
    cart_id = fill_cart(ada.user, tea)
    at_once(
        lambda: ada.delete("/api/users/me/", {"password": PASSWORD}, format="json"),
        lambda: ada.post("/api/orders/", {"cart_id": cart_id}, headers={"Idempotency-Key": "k"}),
        lambda: ada.post("/api/addresses/", BERLIN, format="json"),
        lambda: ada.patch("/api/users/me/", {"first_name": "Ada"}, format="json"),
        lambda: anyone.post("/api/login/", {"username": "ada", "password": PASSWORD}),
    )
    user = User.objects.get()
    assert (user.is_active, user.first_name) == (False, "")
    assert not Address.objects.exists()
    assert not Cart.objects.exclude(status="ordered").exists()
    assert Order.objects.count() == Cart.objects.count() <= 1
    assert_audit_passes()


def test_sessions_that_are_opened_while_an_account_is_deleted_are_invalid(anyone, ada):
    deleted, *logins = at_once(
        lambda: ada.delete("/api/users/me/", {"password": PASSWORD}, format="json"),
        *[lambda: anyone.post("/api/login/", {"username": "ada", "password": PASSWORD})] * 3,
    )
    assert deleted.status_code == 204
    assert set(statuses(logins)) <= {200, 401}
    for login in logins:
        if login.status_code == 200:
            header = {"Authorization": f"Bearer {login.json()['token']}"}
            assert anyone.get("/api/users/me/", headers=header).status_code == 401


def test_asking_who_sends_an_upload_leaves_no_language_behind(amy):
    """The server asks in a thread that answers other requests afterwards."""
    User.objects.update(language="de")
    path = "/api/products/1/images/"
    scope = {
        "method": "POST",
        "raw_path": path.encode(),
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "headers": [(b"authorization", f"Bearer {amy.pair.token}".encode())],
    }
    assert uploader(scope) == f"user {amy.user.pk}"
    assert get_language() == "en"


_FAILS_ONCE = """
CREATE SEQUENCE attempts;
CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('attempts') = 1 THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fail_once BEFORE INSERT ON token_blacklist_outstandingtoken
FOR EACH ROW EXECUTE FUNCTION fail_once();
"""
_REMOVE_TRIGGER = "DROP FUNCTION fail_once CASCADE; DROP SEQUENCE attempts"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no deadlocks")
def test_a_refresh_is_repeated_after_a_deadlock(anyone, ada):
    with connection.cursor() as cursor:
        cursor.execute(_FAILS_ONCE)
        try:
            response = anyone.post("/api/token/refresh/", {"refresh": ada.pair.refresh})
        finally:
            cursor.execute(_REMOVE_TRIGGER)
    assert response.status_code == 200
    token = response.json()["token"]
    assert anyone.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
