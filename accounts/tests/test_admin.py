"""The accounts' desk."""

import pytest
from django.test import Client

from accounts.factories import PASSWORD, StaffFactory, UserFactory
from accounts.models import User
from shop.testing.budget import count_statements

LIST = "/admin/accounts/user/"
NEW = {
    "username": "carol",
    "email": "carol@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "usable_password": "true",
}


@pytest.mark.parametrize("name", ["amy", "AMY", "amy@example.com", "Amy@Example.com"])
def test_staff_log_in_by_name_or_address(db, name):
    StaffFactory(username="amy")
    answer = Client().post("/admin/login/", {"username": name, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/profile/")


def test_a_customer_does_not_get_in(db):
    UserFactory(username="ada")
    answer = Client().post("/admin/login/", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200


def test_staff_add_a_user(desk):
    assert desk.post(f"{LIST}add/", NEW).status_code == 302
    carol = User.objects.get(username="carol")
    assert (carol.email, carol.username_key) == ("carol@example.com", "carol")
    assert carol.check_password(PASSWORD)


@pytest.mark.parametrize(
    "change",
    [{"username": "ADA"}, {"email": "ADA@example.com"}, {"username": "a@b"}, {"email": "none"}],
)
def test_a_name_that_is_taken_or_wrong_is_refused_in_the_form(desk, ada, change):
    assert desk.post(f"{LIST}add/", NEW | change).status_code == 200
    assert User.objects.count() == 2


def test_a_new_password_ends_every_login(desk, ada):
    form = {
        "password1": "another-long-one",
        "password2": "another-long-one",
        "usable_password": "true",
    }
    assert desk.post(f"{LIST}{ada.user.pk}/password/", form).status_code == 302
    assert ada.get("/api/cart/").status_code == 401


def test_staff_log_a_user_out_everywhere_and_deactivate_them(desk, ada, bob):
    desk.post(LIST, {"action": "log_out_everywhere", "_selected_action": [ada.user.pk]})
    assert (ada.get("/api/cart/").status_code, bob.get("/api/cart/").status_code) == (401, 200)
    assert desk.get(f"{LIST}{ada.user.pk}/delete/").status_code == 403


def test_token_rows_are_nobodys_business(desk):
    assert "token_blacklist" not in desk.get("/admin/").content.decode()


def test_the_list_finds_any_spelling_and_costs_the_same_for_any_number(desk, ada):
    few = count_statements(lambda: desk.get(LIST))
    UserFactory.create_batch(30)
    assert count_statements(lambda: desk.get(LIST)) == few
    assert list(desk.get(f"{LIST}?q=ADA").context["cl"].queryset) == [ada.user]
