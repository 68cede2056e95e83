"""What parallel requests do to names, tokens and limits, on a real database."""

from functools import partial

import pytest

from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from shop.testing.books import statuses
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
