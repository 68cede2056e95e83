"""What ``on_sign_in`` does when a login or registration has the token of a guest's cart."""

import pytest

from accounts import sign_in
from accounts.errors import EmailTaken
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from shop.core.hooks import Hook
from shop.core.models import Event

pytestmark = pytest.mark.django_db

TOKEN = {"X-Cart-Token": "the-token"}


@pytest.fixture
def calls(monkeypatch):
    """The calls of a handler, which refuses the token ``refused``."""
    calls = []

    def handler(user, cart_token):
        calls.append((user.username, cart_token))
        if cart_token == "refused":
            raise EmailTaken

    hook = Hook()
    hook(handler)
    monkeypatch.setattr(sign_in.on_sign_in, "_handlers", hook._handlers)
    return calls


def test_a_login_with_the_token_of_a_cart_calls_the_handlers(anyone, calls):
    UserFactory(username="ada")
    body = {"username": "ada", "password": PASSWORD}
    assert anyone.post("/api/login/", body).status_code == 200
    assert calls == []
    assert anyone.post("/api/login/", body, headers=TOKEN).status_code == 200
    assert calls == [("ada", "the-token")]


def test_a_failed_login_calls_no_handler(anyone, calls):
    UserFactory(username="ada")
    body = {"username": "ada", "password": "not the password"}
    assert anyone.post("/api/login/", body, headers=TOKEN).status_code == 401
    assert calls == []


@pytest.mark.parametrize("login", [True, False])
def test_a_registration_calls_the_handlers(anyone, calls, login):
    body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD, "login": login}
    assert anyone.post("/api/users/", body, headers=TOKEN, format="json").status_code == 201
    assert calls == [("ada", "the-token")]


def test_a_handler_that_raises_undoes_the_registration(anyone, calls):
    body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    answer = anyone.post("/api/users/", body, headers={"X-Cart-Token": "refused"})
    assert answer.status_code == 409
    assert calls == [("ada", "refused")]
    assert not User.objects.exists()
    assert not Event.objects.exists()
