"""The security log: who logged in, failed to, changed permissions or exported products."""

import logging

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from accounts.factories import PASSWORD, StaffFactory, UserFactory
from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog):
    """Return what the security log got since the last call."""
    caplog.set_level(logging.INFO, "shop.security")

    def read():
        facts = [r.facts for r in caplog.records if r.name == "shop.security"]
        caplog.clear()
        return facts

    return read


def log_in(anyone, username, password=PASSWORD):
    return anyone.post("/api/login/", {"username": username, "password": password})


def test_logins_to_the_api(anyone, lines):
    ada = UserFactory(username="ada")
    assert log_in(anyone, "ada").status_code == 200
    assert lines() == [{"event": "login.api", "user_id": ada.pk}]
    assert log_in(anyone, "ADA", "wrong").status_code == 401
    assert lines() == [{"event": "login.failed", "account_id": ada.pk}]


def test_a_name_without_an_account_is_logged_as_a_digest(anyone, lines):
    log_in(anyone, "hunter2-my-password", "wrong")
    log_in(anyone, "HUNTER2-my-password", "wrong")
    first, second = lines()
    assert first == second
    assert len(first.pop("name_digest")) == 16
    assert first == {"event": "login.failed"}


def test_logins_to_the_admin(lines):
    amy, browser = StaffFactory(username="amy"), Client()
    form = {"username": "amy", "password": "wrong"}
    browser.post("/admin/login/", form)
    assert lines() == [{"event": "login.failed", "account_id": amy.pk}]
    browser.post("/admin/login/?next=/admin/", {**form, "password": PASSWORD})
    assert lines() == [{"event": "login.admin", "user_id": amy.pk}]


def test_registration_and_logging_out_everywhere(anyone, ada, lines):
    form = {"username": "bea", "email": "bea@example.com", "password": "quite-long-7"}
    user_id = anyone.post("/api/users/", form).json()["id"]
    assert lines() == [{"event": "registered", "account_id": user_id}]
    ada.post("/api/logout/all/")
    assert lines() == [{"event": "logout.everywhere", "account_id": ada.user.pk}]


@pytest.mark.django_db(transaction=True)
def test_changes_of_permissions(lines):
    amy, group = UserFactory(), Group.objects.create(name="packers")
    lines()
    amy.groups.add(group)
    assert lines() == [
        {
            "event": "permissions.changed",
            "target": f"user {amy.pk}",
            "change": "add",
            "kind": "group",
            "ids": [group.pk],
        }
    ]
    amy.groups.add(group)
    assert lines() == []
    amy.groups.clear()
    assert lines()[0]["change"] == "clear"


@pytest.mark.django_db(transaction=True)
def test_changes_of_privileges(lines):
    amy = UserFactory()
    assert lines() == []
    amy.is_staff = amy.is_superuser = True
    amy.save()
    facts = {"event": "privileges.changed", "account": amy.pk}
    assert lines() == [{**facts, "is_staff": True, "is_superuser": True}]
    amy.first_name = "Amy"
    amy.save()
    assert lines() == []
    amy.is_active = False
    amy.save(update_fields=["is_active"])
    assert lines() == [{**facts, "is_active": False}]
    options = {"username": "root", "email": "root@example.com"}
    call_command("createsuperuser", interactive=False, **options)
    assert lines()[0]["is_superuser"] is True
    assert User.objects.get(username="root").is_superuser


def test_an_export_of_products(lines, admin_client, tea):
    lines()
    response = admin_client.get("/admin/catalog/product/export/?format=csv")
    assert response.status_code == 200
    admin = User.objects.get(username="admin")
    assert lines() == [
        {"event": "exported", "user_id": admin.pk, "what": "products", "format": "csv"}
    ]
