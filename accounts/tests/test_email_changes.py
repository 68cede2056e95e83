"""POST /api/users/me/email/: another address, by a link that was sent to it."""

from datetime import timedelta
from functools import partial

import pytest
from django.core import signing
from django.core.management import call_command
from django.utils import timezone

from accounts import links
from accounts.errors import LinkInvalid, WrongPassword
from accounts.factories import PASSWORD
from accounts.models import EmailChange, User
from accounts.services.email_changes import confirm_email_change, request_email_change
from orders.factories import place_order
from orders.models import Order
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.budget import count_statements
from shop.testing.races import at_once, times

REQUEST = "/api/users/me/email/"
CONFIRM = "/api/users/verify-email/confirm/"
NEW = "ada@example.org"


def ask(caller, email=NEW, password=PASSWORD, **headers):
    return caller.post(REQUEST, {"email": email, "password": password}, **headers)


def last_token():
    return links.make_email_change_token(EmailChange.objects.latest("pk"))


def confirm(client, token):
    answer = client.post(CONFIRM, {"token": token})
    return answer.status_code, answer.json().get("code")


def stored(user):
    return User.objects.values_list("email", "email_key").get(pk=user.pk)


USED = (400, "link_invalid")


@pytest.mark.django_db
def test_a_link_gives_the_account_a_verified_address_once(ada, anyone):
    answer = ask(ada, "Ada@Example.org", headers={"Accept-Language": "de"})
    assert (answer.status_code, answer.json()) == (
        202,
        {"message": "Ein Link wurde an die neue Adresse gesendet."},
    )
    assert stored(ada.user) == ("ada@example.com",) * 2
    token = last_token()
    assert confirm(anyone, token) == (200, None)
    me = ada.get("/api/users/me/").json()  # the session goes on
    assert (me["email"], me["email_verified"]) == ("Ada@Example.org", True)
    assert stored(ada.user) == ("Ada@Example.org", NEW)
    assert confirm(anyone, token) == USED
    for name, status in (("ada@example.com", 401), (NEW, 200)):
        body = {"username": name, "password": PASSWORD}
        assert anyone.post("/api/login/", body).status_code == status
    change = EmailChange.objects.get()
    data = {"change_id": change.pk}
    events = Event.objects.order_by("pk").values_list("kind", "object_id", "data", "is_internal")
    assert list(events) == [
        ("account.email_change_requested", ada.user.pk, data | {"language": "de"}, True),
        ("account.email_changed", ada.user.pk, data | {"language": "en"}, True),
    ]
    assert (change.old_email, change.confirmed_at is None) == ("ada@example.com", False)
    assert_audit_passes()


@pytest.mark.django_db
def test_orders_of_a_guest_with_the_new_address_join_the_account(ada, bob, anyone, tea):
    order = place_order(bob.user, tea)
    Order.objects.update(user=None, email=NEW, email_key=NEW)
    ask(ada)
    assert not Order.objects.filter(user=ada.user).exists()
    assert confirm(anyone, last_token()) == (200, None)
    assert Order.objects.get().user == ada.user
    assert order.events.last().note == "Joined the account"


@pytest.mark.django_db
@pytest.mark.usefixtures("unthrottled")
def test_a_taken_address_gets_the_same_response_and_stays_where_it_is(ada, bob, anyone):
    ask(ada, "first@example.org")
    taken, free = (partial(ask, ada, email) for email in (bob.user.email, NEW))
    assert count_statements(taken) == count_statements(free)
    answers = [taken(), free()]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    ask(ada, bob.user.email.upper())
    token = last_token()
    assert confirm(anyone, token) == (409, "email_taken")
    assert stored(ada.user) == ("ada@example.com",) * 2
    assert not Event.objects.filter(kind="account.email_changed").exists()
    User.objects.filter(pk=bob.user.pk).update(email_key="gone@example.com")
    assert confirm(anyone, token) == (200, None)


@pytest.mark.django_db
def test_the_password_is_needed(ada, anyone):
    answer = ask(ada, password="wrong-horse-battery")
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_password")
    assert answer.json()["field"] == "password"
    for email in ("no address", "", "x" * 250 + "@example.com"):
        assert ask(ada, email).status_code == 400
    assert ask(anyone).status_code == 401
    assert (EmailChange.objects.count(), Event.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_password_that_was_changed_meanwhile_is_wrong(ada):
    User.objects.update(password="other")
    with pytest.raises(WrongPassword):
        request_email_change(user=ada.user, email=NEW, password=PASSWORD, language="")
    assert not EmailChange.objects.exists()


@pytest.mark.django_db
def test_only_the_last_link_is_valid(ada, anyone):
    ask(ada, "first@example.org")
    first = last_token()
    ask(ada, "second@example.org")
    assert confirm(anyone, first) == USED
    assert confirm(anyone, last_token()) == (200, None)
    assert stored(ada.user)[0] == "second@example.org"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": "other"}, {"email_key": "other@example.com"}],
)
def test_a_link_is_invalid_once_the_account_has_changed(ada, anyone, change):
    ask(ada)
    token = last_token()
    read_before = links.email_change_of_token(token)
    User.objects.update(**change)
    assert confirm(anyone, token) == USED
    with pytest.raises(LinkInvalid):
        confirm_email_change(change=read_before)
    assert User.objects.get().email == "ada@example.com"
    assert EmailChange.objects.get().confirmed_at is None


@pytest.mark.django_db
def test_a_link_expires_after_a_day(ada, anyone, monkeypatch):
    ask(ada)
    token, real = last_token(), signing.time.time
    for hours, result in ((25, USED), (23, (200, None))):
        monkeypatch.setattr(signing.time, "time", lambda h=hours: real() + 3600 * h)
        assert confirm(anyone, token) == result


@pytest.mark.django_db
def test_links_to_the_old_address_are_invalid_afterwards(ada, anyone):
    old = links.make_verification_token(ada.user), links.make_reset_token(ada.user)
    ask(ada)
    assert confirm(anyone, last_token()) == (200, None)
    assert confirm(anyone, old[0]) == USED
    body = {"token": old[1], "new_password": f"new-{PASSWORD}"}
    assert anyone.post("/api/users/password-reset/confirm/", body).status_code == 400


@pytest.mark.django_db
def test_another_spelling_of_the_same_address_is_stored_once(ada, anyone):
    ask(ada, "ADA@example.com")
    token = last_token()
    assert confirm(anyone, token) == (200, None)
    assert stored(ada.user) == ("ADA@example.com", "ada@example.com")
    assert confirm(anyone, token) == USED


@pytest.mark.django_db
def test_requests_are_limited_for_each_account_and_each_address(ada, bob):
    assert [ask(ada).status_code for _ in range(6)] == [202] * 5 + [429]
    assert (ask(bob).status_code, ask(bob, "b@example.org").status_code) == (429, 202)


@pytest.mark.django_db
def test_changes_are_deleted_with_the_account_and_after_30_days(ada, bob):
    for caller, email in ((ada, NEW), (bob, "bob@example.org")):
        ask(caller, email)
    deleted = ada.delete("/api/users/me/", {"password": PASSWORD}, format="json")
    assert deleted.status_code == 204
    assert EmailChange.objects.get().user == bob.user
    for days, left in ((29, 1), (31, 0)):
        EmailChange.objects.update(created_at=timezone.now() - timedelta(days=days))
        call_command("cleanup", "--keep-files", verbosity=0)
        assert EmailChange.objects.count() == left


# -- Races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("email", [NEW, "ADA@example.com"])
def test_a_link_that_is_used_twice_at_once_works_once(ada, anyone, email):
    ask(ada, email)
    responses = times(4, partial(anyone.post, CONFIRM, {"token": last_token()}))
    assert statuses(responses) == {200: 1, 400: 3}
    assert stored(ada.user)[0] == email
    assert Event.objects.filter(kind="account.email_changed").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_one_of_several_accounts_gets_an_address_at_once(ada, bob, anyone, attempt):
    for caller in (ada, bob):
        ask(caller)
    tokens = [links.make_email_change_token(change) for change in EmailChange.objects.all()]
    new = {"username": "eve", "email": NEW, "password": PASSWORD}
    responses = at_once(
        *(partial(anyone.post, CONFIRM, {"token": token}) for token in tokens),
        partial(anyone.post, "/api/users/", new),
    )
    assert sum(response.status_code in (200, 201) for response in responses) == 1
    refused = [response for response in responses if response.status_code >= 400]
    assert {(r.status_code, r.json()["code"]) for r in refused} == {(409, "email_taken")}
    assert User.objects.filter(email_key=NEW).count() == 1
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_new_password_and_a_link_at_once(ada, anyone, attempt):
    """A link that was asked for with the old password does not outlive it."""
    ask(ada)
    token = last_token()
    changed, confirmed = at_once(
        lambda: ada.post("/api/users/me/password/", {"current": PASSWORD, "new": f"n-{PASSWORD}"}),
        partial(anyone.post, CONFIRM, {"token": token}),
    )
    assert {changed.status_code, confirmed.status_code} <= {200, 400}
    assert 200 in (changed.status_code, confirmed.status_code)
    has_new = stored(ada.user)[0] == NEW
    assert has_new is (confirmed.status_code == 200)
    assert confirm(anyone, token) == USED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_an_account_that_is_deleted_while_its_address_changes(ada, anyone, attempt):
    ask(ada)
    responses = at_once(
        lambda: ada.delete("/api/users/me/", {"password": PASSWORD}, format="json"),
        partial(anyone.post, CONFIRM, {"token": last_token()}),
        partial(ask, ada, "other@example.org"),
    )
    assert responses[0].status_code == 204
    assert not User.objects.get(pk=ada.user.pk).is_active
    assert not EmailChange.objects.exists()
    assert_audit_passes()
