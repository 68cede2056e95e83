"""Rate limits of login, registration and refresh, counted for each network address."""

import time

import pytest
from rest_framework.request import Request

from accounts.factories import PASSWORD, UserFactory
from accounts.throttles import LoginAddressThrottle
from shop.core.models import RateCounter

LOGIN = "/api/login/"


@pytest.fixture
def behind_a_proxy(monkeypatch):
    from rest_framework.settings import api_settings

    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)


def log_in(client, password="wrong", username="ada", address=None):
    headers = {"X-Forwarded-For": address} if address else {}
    body = {"username": username, "password": password}
    return client.post(LOGIN, body, headers=headers)


def test_the_eleventh_failed_login_in_a_minute_is_refused(anyone, db):
    UserFactory(username="ada")
    assert [log_in(anyone).status_code for _ in range(11)] == [401] * 10 + [429]
    refused = log_in(anyone, PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused.json()["retry_after"] == int(refused["Retry-After"])


def test_logins_work_again_when_the_window_has_ended(anyone, db):
    UserFactory(username="ada")
    for _ in range(11):
        log_in(anyone)
    assert log_in(anyone, PASSWORD).status_code == 429
    RateCounter.objects.update(ends_at=int(time.time()))
    assert log_in(anyone, PASSWORD).status_code == 200


def test_all_spellings_of_one_account_share_a_limit_and_other_accounts_do_not(anyone, db):
    UserFactory(username="ada")
    UserFactory(username="bob")
    for name in ("ada", "ADA") * 5:
        log_in(anyone, username=name)
    assert log_in(anyone, username="Ada").status_code == 429
    assert log_in(anyone, PASSWORD, username="bob").status_code == 200


def test_the_owner_can_log_in_from_another_address(anyone, db, behind_a_proxy):
    UserFactory(username="ada")
    for _ in range(12):
        log_in(anyone, address="203.0.113.9")
    assert log_in(anyone, PASSWORD, address="203.0.113.9").status_code == 429
    assert log_in(anyone, PASSWORD, address="198.51.100.4").status_code == 200


def test_one_address_cannot_try_every_account(anyone, db):
    responses = [log_in(anyone, username=f"user{n}").status_code for n in range(52)]
    assert responses == [401] * 50 + [429] * 2


def test_a_forged_header_does_not_change_the_address(anyone, db):
    for n in range(10):
        log_in(anyone, address=f"203.0.113.{n}")
    assert log_in(anyone, address="203.0.113.99").status_code == 429


def test_an_ipv6_network_counts_as_one_address(anyone, db, behind_a_proxy):
    for n in range(10):
        log_in(anyone, address=f"2001:db8:1:2::{n:x}")
    assert log_in(anyone, address="2001:db8:1:2:ffff::1").status_code == 429
    assert log_in(anyone, address="2001:db8:1:3::1").status_code == 401


def test_successful_logins_do_not_count(anyone, db):
    UserFactory(username="ada")
    assert [log_in(anyone, PASSWORD).status_code for _ in range(15)] == [200] * 15


def test_forgiving_more_attempts_than_were_counted_stops_at_zero(rf, db):
    """Two logins can be forgiven after the window that counted them has ended."""
    request = Request(rf.post(LOGIN))
    throttle = LoginAddressThrottle()
    assert throttle.allow_request(request, None)
    for _ in range(2):
        throttle.forgive(request)
    assert set(RateCounter.objects.values_list("attempts", flat=True)) == {0}


def test_registrations_are_limited(anyone, db):
    body = {"username": "", "email": "", "password": ""}
    responses = [anyone.post("/api/users/", body).status_code for _ in range(32)]
    assert responses == [400] * 30 + [429] * 2


def test_refreshes_are_limited(anyone, db):
    body = {"refresh": "nonsense"}
    responses = [anyone.post("/api/token/refresh/", body).status_code for _ in range(121)]
    assert responses == [401] * 120 + [429]


def test_reading_the_own_user_is_not_limited(ada):
    assert {ada.get("/api/users/me/").status_code for _ in range(40)} == {200}


def test_limits_can_be_turned_off(anyone, unthrottled, db):
    assert {log_in(anyone).status_code for _ in range(12)} == {401}
    assert not RateCounter.objects.exists()


def test_no_username_or_address_is_stored(anyone, db):
    log_in(anyone, username="ada")
    keys = RateCounter.objects.values_list("key", flat=True)
    assert [len(key) for key in keys] == [64] * 4
