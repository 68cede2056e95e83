"""Rate limits of login, registration and refresh, counted for each network address."""

import time

import pytest
from django.core.management import call_command
from rest_framework.request import Request

from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
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


@pytest.mark.parametrize("names", [("ada", "ADA@Example.com"), ("ada@example.com", "ａｄａ")])
def test_name_and_address_of_an_account_share_a_limit(anyone, db, names):
    user = UserFactory(username="ada")
    for name in names * 5:
        assert log_in(anyone, username=name).status_code == 401
    for name in names:
        assert log_in(anyone, PASSWORD, username=name).status_code == 429
    assert log_in(anyone, username=f"user {user.pk}").status_code == 401
    assert log_in(anyone, username="grace").status_code == 401


def test_an_account_that_does_not_exist_has_the_same_limit(anyone, db):
    assert [log_in(anyone, username="nobody").status_code for _ in range(11)] == [401] * 10 + [429]


@pytest.mark.parametrize("username", [None, 7, "", "x" * 300, ["ada"]])
def test_a_body_without_a_valid_username_is_a_400_that_counts_for_no_account(anyone, db, username):
    assert log_in(anyone, username=username).status_code == 400
    assert RateCounter.objects.count() == 2  # those of the client address


def test_the_clock_of_a_server_does_not_move_a_window(anyone, db, monkeypatch):
    for _ in range(10):
        log_in(anyone)
    real = time.time
    for hours in (-2, 2):
        monkeypatch.setattr(time, "time", lambda hours=hours: real() + hours * 3600)
        refused = log_in(anyone)
        assert refused.status_code == 429
        assert 1 <= int(refused["Retry-After"]) <= 60
        call_command("cleanup", "--keep-files")
        assert RateCounter.objects.count() == 4


def test_the_clock_of_the_database_ends_a_window(anyone, db, the_clock, capsys):
    for _ in range(11):
        log_in(anyone)
    the_clock.advance(seconds=61)
    call_command("cleanup", "--keep-files")
    assert "2 rate counters deleted" in capsys.readouterr().out
    assert log_in(anyone).status_code == 401


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


def register(client, number, address="203.0.113.9", **changes):
    body = {"username": f"u{number}", "email": f"u{number}@example.com", "password": PASSWORD}
    headers = {"X-Forwarded-For": address}
    return client.post("/api/users/", body | changes, headers=headers)


def test_attempts_to_register_are_limited(anyone, db):
    responses = [register(anyone, n, username="").status_code for n in range(32)]
    assert responses == [400] * 30 + [429] * 2


def test_registrations_tell_about_ten_addresses_an_hour(anyone, db, behind_a_proxy):
    UserFactory(email="taken@example.com")
    responses = [register(anyone, n, email="taken@example.com").status_code for n in range(5)]
    responses += [register(anyone, n).status_code for n in range(6)]
    assert responses == [409] * 5 + [201] * 5 + [429]
    refused = register(anyone, 7, email="taken@example.com")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 3500 <= int(refused["Retry-After"]) <= 3600
    assert User.objects.count() == 6
    assert register(anyone, 8, address="198.51.100.4").status_code == 201


def test_registrations_tell_about_thirty_addresses_a_day(anyone, db, behind_a_proxy, the_clock):
    UserFactory(email="taken@example.com")
    for _ in range(3):
        for n in range(10):
            assert register(anyone, n, email="taken@example.com").status_code == 409
        the_clock.advance(hours=1, seconds=1)
    refused = register(anyone, 1)
    assert refused.status_code == 429
    assert 20 * 3600 < int(refused["Retry-After"]) <= 21 * 3600
    the_clock.advance(hours=21)
    assert register(anyone, 1).status_code == 201


def test_invalid_registrations_do_not_use_up_the_limit(anyone, db, behind_a_proxy):
    for n in range(6):
        assert register(anyone, n, password="password").status_code == 400
        assert register(anyone, n, email="none").status_code == 400
    assert [register(anyone, n).status_code for n in range(11)] == [201] * 10 + [429]


def test_registrations_of_an_ipv6_network_count_together(anyone, db, behind_a_proxy):
    for n in range(10):
        assert register(anyone, n, address=f"2001:db8:1:2::{n:x}").status_code == 201
    assert register(anyone, 11, address="2001:db8:1:2:ffff::1").status_code == 429
    assert register(anyone, 11, address="2001:db8:1:3::1").status_code == 201


def test_the_limits_of_registrations_are_a_setting(anyone, db, settings):
    settings.REGISTRATION_LIMITS = ((2, 60),)
    assert [register(anyone, n).status_code for n in range(3)] == [201, 201, 429]


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
