"""What parallel requests do to names, tokens and limits, on a real database."""

from functools import partial

import pytest
from django.db import connection

from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from shop.testing.assertions import statuses
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_many_gets_the_name(anyone):
    names = ["Ada", "ada", "ADA", "ａｄａ"] * 2
    calls = [
        partial(
            anyone.post,
            "/api/users/",
            {"username": name, "email": f"ada{n}@example.com", "password": PASSWORD},
        )
        for n, name in enumerate(names)
    ]
    answers = at_once(*calls)
    assert statuses(answers) == {201: 1, 409: 7}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"username_taken"}
    assert User.objects.count() == 1


@pytest.mark.parametrize("attempt", range(4))
def test_a_refresh_token_is_spent_once(anyone, ada, attempt):
    body = {"refresh": ada.pair.refresh}
    answers = times(8, partial(anyone.post, "/api/token/refresh/", body))
    assert statuses(answers) == {200: 1, 401: 7}
    assert ada.get("/api/users/me/").status_code == 200


@pytest.mark.parametrize("attempt", range(4))
def test_no_token_minted_while_logging_out_works_afterwards(anyone, attempt):
    ada = Caller(UserFactory())
    refreshed, out = at_once(
        lambda: anyone.post("/api/token/refresh/", {"refresh": ada.pair.refresh}),
        lambda: ada.post("/api/logout/"),
    )
    statuses([refreshed, out])
    assert out.status_code == 200
    tokens = [ada.pair.token]
    if refreshed.status_code == 200:
        tokens.append(refreshed.json()["token"])
        again = anyone.post("/api/token/refresh/", {"refresh": refreshed.json()["refresh"]})
        assert again.status_code == 401
    for token in tokens:
        answer = anyone.get("/api/cart/", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


def test_nothing_works_once_a_logout_is_acknowledged(ada):
    def use_then_log_out_then_use():
        ada.post("/api/logout/")
        return ada.get("/api/cart/")

    answers = times(4, use_then_log_out_then_use)
    assert statuses(answers) == {401: 4}


def test_wrong_passwords_are_counted_exactly(anyone):
    UserFactory(username="ada")
    body = {"username": "ada", "password": "not the password"}
    answers = times(16, partial(anyone.post, "/api/login/", body))
    assert statuses(answers) == {401: 10, 429: 6}
    right = anyone.post("/api/login/", {"username": "ada", "password": PASSWORD})
    assert right.status_code == 429
    assert 1 <= int(right["Retry-After"]) <= 60


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
_NEVER_AGAIN = "DROP FUNCTION fail_once CASCADE; DROP SEQUENCE attempts"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no deadlock")
def test_a_refresh_that_a_deadlock_undid_is_done_again(anyone, ada):
    with connection.cursor() as cursor:
        cursor.execute(_FAILS_ONCE)
        try:
            answer = anyone.post("/api/token/refresh/", {"refresh": ada.pair.refresh})
        finally:
            cursor.execute(_NEVER_AGAIN)
    assert answer.status_code == 200
    token = answer.json()["token"]
    assert anyone.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
