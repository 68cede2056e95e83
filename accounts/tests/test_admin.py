"""Users and groups in the admin, and its login."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.utils.crypto import salted_hmac

from accounts.factories import PASSWORD, StaffFactory, UserFactory
from accounts.models import User
from shop.testing.budget import count_statements
from shop.testing.marks import on_one_database
from shop.testing.pages import form_of

LIST = "/admin/accounts/user/"
NEW = {
    "username": "carol",
    "email": "carol@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "usable_password": "true",
}
JOINED = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}


def browser_of(*permissions):
    user, browser = UserFactory(is_staff=True), Client()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser.force_login(user)
    return browser, user


def log_in(browser, username, password=PASSWORD):
    return browser.post("/admin/login/?next=/admin/", {"username": username, "password": password})


@pytest.mark.parametrize("name", ["amy", "AMY", "amy@example.com", "Amy@Example.com"])
def test_staff_log_in_by_username_or_address(db, name):
    StaffFactory(username="amy")
    browser = Client()
    assert log_in(browser, name).status_code == 302
    page = browser.get("/admin/")
    assert (page.status_code, page.wsgi_request.user.username) == (200, "amy")
    assert "<title>Administration | Shop</title>" in " ".join(page.content.decode().split())


def test_the_eleventh_failed_login_in_a_minute_is_refused_in_admin_and_api(anyone, db):
    StaffFactory(username="amy")
    browser = Client()
    for _ in range(5):
        assert log_in(browser, "amy", "wrong").status_code == 200
        body = {"username": "amy", "password": "wrong"}
        assert anyone.post("/api/login/", body).status_code == 401
    page = log_in(browser, "AMY").content.decode()
    assert "Too many attempts. Please try again later." in page
    assert browser.get("/admin/").status_code == 302
    assert log_in(browser, "bob").status_code == 200


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 300])
def test_an_invalid_name_is_an_error_of_the_form(db, name):
    assert log_in(Client(), name).status_code == 200


def test_successful_logins_are_not_limited(db):
    StaffFactory(username="amy")
    assert [log_in(Client(), "amy").status_code for _ in range(12)] == [302] * 12


def test_a_customer_cannot_log_in_to_the_admin(db):
    UserFactory(username="ada")
    browser = Client()
    assert log_in(browser, "ada").status_code == 200
    assert browser.get("/admin/").status_code == 302


def test_staff_add_a_user(admin_browser):
    assert admin_browser.post(f"{LIST}add/", NEW).status_code == 302
    carol = User.objects.get(username="carol")
    assert (carol.email, carol.username_key) == ("carol@example.com", "carol")
    assert carol.check_password(PASSWORD)


@pytest.mark.parametrize(
    "change",
    [{"username": "ADA"}, {"email": "ADA@example.com"}, {"username": "a@b"}, {"email": "none"}],
)
def test_the_form_refuses_a_name_that_is_taken_or_invalid(admin_browser, ada, change):
    assert admin_browser.post(f"{LIST}add/", NEW | change).status_code == 200
    assert User.objects.count() == 2


def test_a_new_password_ends_all_sessions(admin_browser, ada):
    form = {
        "password1": "another-long-one",
        "password2": "another-long-one",
        "usable_password": "true",
    }
    assert admin_browser.post(f"{LIST}{ada.user.pk}/password/", form).status_code == 302
    assert ada.get("/api/cart/").status_code == 401


def test_staff_log_a_user_out_everywhere(admin_browser, ada, bob):
    form = {"action": "log_out_everywhere", "post": "yes", "_selected_action": [ada.user.pk]}
    page = admin_browser.post(LIST, form, follow=True)
    assert [str(message) for message in page.context["messages"]] == ["Logged out everywhere: ada."]
    assert (ada.get("/api/cart/").status_code, bob.get("/api/cart/").status_code) == (401, 200)


def test_logging_out_everywhere_ends_sessions_of_the_admin(amy, admin_browser):
    other, colleague = Client(), Client()
    assert log_in(other, "amy").status_code == 302
    colleague.force_login(StaffFactory())
    assert amy.post("/api/logout/all/").status_code == 200
    statuses = [browser.get("/admin/").status_code for browser in (admin_browser, other, colleague)]
    assert statuses == [302, 302, 200]
    assert log_in(other, "amy").status_code == 302
    assert other.get("/admin/").status_code == 200


def test_an_action_of_staff_ends_sessions_of_the_admin(admin_browser):
    user, browser = StaffFactory(), Client()
    browser.force_login(user)
    admin_browser.post(
        LIST, {"action": "log_out_everywhere", "post": "yes", "_selected_action": [user.pk]}
    )
    assert (browser.get("/admin/").status_code, admin_browser.get("/admin/").status_code) == (
        302,
        200,
    )


@pytest.mark.parametrize("version", [0, 3])
def test_changing_the_own_password_keeps_only_this_session_of_the_admin(amy, version):
    User.objects.filter(pk=amy.user.pk).update(token_version=version)
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        assert log_in(browser, "amy").status_code == 302
    form = {
        "old_password": PASSWORD,
        "new_password1": "another-long-one",
        "new_password2": "another-long-one",
    }
    assert here.post("/admin/password_change/", form).status_code == 302
    assert (here.get("/admin/").status_code, elsewhere.get("/admin/").status_code) == (200, 302)


def test_a_session_of_the_admin_outlives_a_new_secret_key(amy, settings):
    browser = Client()
    for version in (0, 3):
        User.objects.filter(pk=amy.user.pk).update(token_version=version)
        assert log_in(browser, "amy").status_code == 302
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = f"the new one of version {version}"
        assert browser.get("/admin/").status_code == 200
        settings.SECRET_KEY_FALLBACKS = []
        assert browser.get("/admin/").status_code == 200


def test_a_session_from_before_the_upgrade_is_still_valid(amy):
    """The previous release stores Django's own hash, which is compared while the version is 0."""
    browser = Client()
    browser.force_login(amy.user)
    session = browser.session
    salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
    session["_auth_user_hash"] = salted_hmac(
        salt, amy.user.password, algorithm="sha256"
    ).hexdigest()
    session.save()
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_a_session_of_the_admin_ends_when_its_user_may_not_have_one(db, change):
    browser, user = browser_of("view_user")
    assert browser.get(LIST).status_code == 200
    User.objects.filter(pk=user.pk).update(**change)
    assert browser.get(LIST).status_code == 302


def test_staff_who_can_only_view_users_cannot_log_them_out(ada):
    browser, _ = browser_of("view_user")
    assert "log_out_everywhere" not in browser.get(LIST).content.decode()
    browser.post(
        LIST, {"action": "log_out_everywhere", "post": "yes", "_selected_action": [ada.user.pk]}
    )
    assert ada.get("/api/cart/").status_code == 200


def test_users_are_deactivated_and_not_deleted(admin_browser, ada):
    path = f"{LIST}{ada.user.pk}"
    form = {"username": "ada", "email": "ada@example.com", **JOINED}
    assert admin_browser.post(f"{path}/change/", form).status_code == 302
    assert ada.get("/api/cart/").status_code == 401
    assert User.objects.get(pk=ada.user.pk).is_active is False
    assert admin_browser.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ada.user.pk).exists()


def test_a_name_taken_after_the_form_was_validated_is_an_error_at_its_field(admin_browser, ada):
    def take_the_name(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "accounts_user"') and not taken:
            taken.append(UserFactory.build(username="CAROL", email="other@example.com"))
            taken[0].save()
        return execute(sql, params, many, context)

    taken = []
    with connection.execute_wrapper(take_the_name):
        page = admin_browser.post(f"{LIST}add/", NEW, follow=True)
    assert page.context["errors"] == [
        ["A user with this username already exists, perhaps in another spelling."]
    ]
    assert form_of(page)["email"] == ["carol@example.com"]
    assert not User.objects.filter(username="carol").exists()


def test_staff_without_superuser_status_change_customers_but_grant_no_permissions(ada):
    browser, member = browser_of("change_user")
    privileges = {"is_staff": "on", "is_superuser": "on", "user_permissions": "1", "groups": "1"}
    for user in (ada.user, member):
        form = {"username": user.username, "email": user.email, "is_active": "on", **JOINED}
        response = browser.post(
            f"{LIST}{user.pk}/change/", form | privileges | {"first_name": "Al"}
        )
        assert response.status_code == 302
        before = (user.is_staff, user.user_permissions.count())
        user.refresh_from_db()
        assert (user.first_name, user.is_superuser, user.groups.count()) == ("Al", False, 0)
        assert (user.is_staff, user.user_permissions.count()) == before


def test_staff_without_superuser_status_cannot_change_other_staff(amy):
    browser, _ = browser_of("change_user", "change_group", "add_group", "view_group")
    form = {"username": "amy", "email": "amy@example.com", **JOINED}
    assert browser.get(f"{LIST}{amy.user.pk}/change/").status_code == 200
    assert browser.post(f"{LIST}{amy.user.pk}/change/", form).status_code == 403
    new = {"password1": "another-long-one", "password2": "another-long-one"}
    assert browser.post(f"{LIST}{amy.user.pk}/password/", new).status_code == 403
    assert browser.get("/admin/auth/group/").status_code == 403
    assert User.objects.get(pk=amy.user.pk).check_password(PASSWORD)


@pytest.mark.parametrize("path", ["/admin/auth/group/add/", "/admin/accounts/user/{}/change/"])
def test_a_form_with_all_permissions_selected_is_below_the_limit_of_fields(
    admin_browser, ada, path, settings
):
    page = admin_browser.get(path.format(ada.user.pk))
    form = page.context["adminform"].form
    offered = (form.fields.get("permissions") or form.fields["user_permissions"]).queryset
    models = {str(permission.content_type.model) for permission in offered}
    assert {"product", "order", "payment", "user"} <= models
    assert "outstandingtoken" not in models
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    assert offered.count() + len(form.fields) < most - 20


def test_token_rows_are_not_in_the_admin(admin_browser):
    assert "token_blacklist" not in admin_browser.get("/admin/").content.decode()
    assert admin_browser.get("/admin/token_blacklist/outstandingtoken/").status_code == 404


@on_one_database
def test_the_list_sends_the_same_number_of_statements_for_few_and_many_rows(admin_browser):
    UserFactory.create_batch(4)
    few = count_statements(lambda: admin_browser.get(LIST))
    UserFactory.create_batch(300)
    assert count_statements(lambda: admin_browser.get(LIST)) == few
    assert len(admin_browser.get(LIST).context["cl"].result_list) == 50


@pytest.mark.parametrize("term", ["ada", "ADA", "da@EXAMPLE", "\uff21da"])
def test_the_search_finds_any_spelling(admin_browser, ada, bob, term):
    assert list(admin_browser.get(LIST, {"q": term}).context["cl"].queryset) == [ada.user]


def test_staff_set_phone_and_language_of_a_customer(admin_browser, ada):
    path = f"{LIST}{ada.user.pk}/change/"
    form = {"username": "ada", "email": "ada@example.com", "is_active": "on", **JOINED}
    filled = form | {"phone": "+44 (1632) 960961", "language": "de"}
    assert admin_browser.post(path, filled).status_code == 302
    ada.user.refresh_from_db()
    assert (ada.user.phone, ada.user.language) == ("+441632960961", "de")
    for wrong in ({"phone": "12"}, {"language": "fr"}):
        page = admin_browser.post(path, filled | wrong)
        assert list(page.context["adminform"].form.errors) == [*wrong]
    ada.user.refresh_from_db()
    assert (ada.user.phone, ada.user.language) == ("+441632960961", "de")
