"""PATCH /api/users/me/, and the language that a user chose."""

import pytest
from django.db.models import F

from accounts.factories import PASSWORD
from accounts.models import User
from shop.testing.budget import query_budget

ME = "/api/users/me/"


def change(caller, **members):
    return caller.patch(ME, members, format="json")


def test_each_member_is_changed_and_the_others_stay(ada):
    profile = {
        "first_name": "Ada",
        "last_name": "King",
        "phone": "+44 1632 960961",
        "language": "de",
        "metadata": {"erp-id": "17"},
    }
    stored = profile | {"phone": "+441632960961"}
    answer = change(ada, **profile)
    assert answer.status_code == 200
    assert answer.json().items() >= stored.items()
    assert change(ada, first_name="Augusta").json() == answer.json() | {"first_name": "Augusta"}
    assert ada.get(ME).json() == answer.json() | {"first_name": "Augusta"}
    assert change(ada).json()["first_name"] == "Augusta"


def test_null_empties_a_member_and_an_answer_can_be_sent_back(ada):
    User.objects.update(first_name="Ada", phone="+441632960961", language="de", metadata={"a": "b"})
    names = ("first_name", "last_name", "phone", "language", "metadata")
    empty = {"first_name": "", "last_name": "", "phone": "", "language": None, "metadata": {}}
    answer = change(ada, **dict.fromkeys(names))
    assert answer.json().items() >= empty.items()
    assert User.objects.filter(phone="", language="", metadata={}).exists()
    same = change(ada, **{name: answer.json()[name] for name in names})
    assert same.json() == answer.json()


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"phone": "960961"}, "phone"),
        ({"phone": "+44 12"}, "phone"),
        ({"phone": "+49" + "1" * 30}, "phone"),
        ({"phone": 441632960961}, "phone"),
        ({"language": "fr"}, "language"),
        ({"language": ""}, "language"),
        ({"first_name": "x" * 151}, "first_name"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"email": "new@example.com"}, "email"),
        ({"username": "new"}, "username"),
        ({"password": PASSWORD}, "password"),
        ({"is_staff": True}, "is_staff"),
        ({"email_verified": True}, "email_verified"),
        ({"token_version": 5}, "token_version"),
    ],
)
def test_a_refused_member_changes_nothing(ada, members, field):
    before = User.objects.values().get()
    answer = change(ada, **{"last_name": "King"} | members)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert User.objects.values().get() == before


def test_only_the_own_account_is_changed(ada, bob, anyone):
    before = User.objects.filter(pk=bob.user.pk).values().get()
    assert change(ada, first_name="Ada").status_code == 200
    assert User.objects.filter(pk=bob.user.pk).values().get() == before
    assert change(anyone, first_name="Eve").status_code == 401
    assert ada.patch(f"/api/users/{ada.user.pk}/", {}, format="json").status_code == 405


def test_the_account_is_changed_with_two_statements(ada):
    with query_budget(exactly=3):  # authentication, UPDATE, SELECT
        change(ada, first_name="Ada")


def test_errors_have_the_language_of_the_account(ada, anyone):
    missing = f"/api/orders/{10**9}/"
    english = ada.get(missing)
    assert (english.json()["title"], english["Content-Language"]) == ("Not Found", "en")
    User.objects.update(language="de")
    german = ada.get(missing)
    assert german.json()["detail"] == "Das gibt es nicht, oder Sie dürfen es nicht sehen."
    assert german["Content-Language"] == "de"
    asked = ada.get(missing, headers={"Accept-Language": "en"})
    assert (asked.json(), asked["Content-Language"]) == (english.json(), "en")
    # the next request of the same thread
    assert anyone.get(missing)["Content-Language"] == "en"


def test_a_language_that_the_shop_has_no_more_is_ignored(ada):
    User.objects.update(language="fr")
    assert ada.get("/api/orders/1/")["Content-Language"] == "en"


def test_another_address_is_not_verified(ada, the_clock):
    User.objects.update(email_verified_at="2026-01-01T00:00:00Z")
    stale = User.objects.get()
    stale.first_name = "Ada"
    stale.save()
    assert User.objects.get().email_verified_at is not None
    stale.email = "ADA@example.com"
    stale.save()
    assert User.objects.get().email_verified_at is not None
    stale.email = "new@example.com"
    stale.save(update_fields=["email"])
    assert stale.email_verified_at is None
    assert User.objects.get().email_verified_at is None


def test_an_outdated_instance_does_not_undo_a_verification(ada):
    stale = User.objects.get()
    User.objects.update(email_verified_at=F("date_joined"))
    stale.first_name = "Ada"
    stale.save()
    assert User.objects.get().email_verified_at == stale.date_joined
