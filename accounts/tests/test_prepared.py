"""Registration and login on a connection that a pooler exchanged for another one."""

import pytest
from django.db import connection
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts import tokens
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from shop.core.models import Event
from shop.engine import is_fast

pytestmark = [
    pytest.mark.skipif(not is_fast(), reason="the plain engine prepares nothing"),
    pytest.mark.django_db(transaction=True),
]

USERS = "/api/users/"


def _lose_statements():
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def _prepare_the_same_elsewhere():
    connection._prepared = {}


@pytest.fixture(params=[_lose_statements, _prepare_the_same_elsewhere])
def lose(request):
    connection.close()
    yield request.param
    connection.close()


def test_registration_is_repeated_after_a_lost_statement(anyone, lose):
    for name in ("ada", "bob"):
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        assert anyone.post(USERS, body).status_code == 201
        lose()
    names = dict(User.objects.values_list("pk", "username"))
    assert sorted(names.values()) == ["ada", "bob"]
    events = Event.objects.filter(kind="user.registered")
    assert set(events.values_list("object_id", flat=True)) == set(names)
    assert events.count() == 2


def test_login_is_repeated_after_a_lost_statement(db, lose):
    """The pooler may exchange the connection between two statements of one request."""
    user = UserFactory()
    for _ in range(2):
        assert tokens.open_session(user).refresh
        lose()
    assert OutstandingToken.objects.count() == 4
