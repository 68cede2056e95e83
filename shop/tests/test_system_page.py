"""The admin's page "System"."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from accounts.factories import StaffFactory
from payments.factories import pay
from shop.core import jobs
from shop.core.metrics import readings
from shop.testing.serving import place_order

PAGE = "/admin/core/scheduledjob/"


@pytest.fixture
def staff(client, db):
    user = StaffFactory()
    client.force_login(user)
    return user


def allow(user):
    permission = Permission.objects.get(codename="view_scheduledjob")
    user.user_permissions.add(permission)


def test_it_shows_jobs_workers_and_what_is_stuck(client, staff, ada, tea):
    allow(staff)
    jobs.run(jobs.Job("tidy", lambda: "7 rows tidied", timedelta(0)), worker="host:1", stop=None)
    jobs.run(jobs.Job("broken", lambda: 1 / 0, timedelta(0)), worker="host:1", stop=None)
    jobs.beat("host:1")
    pay(place_order(ada.user, tea), token="demo_timeout")
    readings.forget()
    page = client.get(PAGE).content.decode()
    for text in ("7 rows tidied", "ZeroDivisionError", "host:1", "shop_orders status=pending"):
        assert text in page
    for text in ("shop_payment_oldest_stuck_age_seconds", "Django", "Revision of the catalog"):
        assert text in page


def test_it_says_that_no_worker_runs(client, staff):
    allow(staff)
    assert "No worker is running" in client.get(PAGE).content.decode()


def test_staff_need_the_permission(client, db):
    user = StaffFactory(is_superuser=False)
    user.user_permissions.clear()
    user.groups.clear()
    client.force_login(user)
    assert client.get(PAGE).status_code == 403


def test_nothing_can_be_changed(client, staff):
    allow(staff)
    jobs.run(jobs.Job("tidy", lambda: "", timedelta(0)), worker="host:1", stop=None)
    assert client.post(f"{PAGE}tidy/change/", {"runs": 7}).status_code == 403
    assert client.get(f"{PAGE}add/").status_code == 403
