"""The pages of development to which the links of messages lead without a storefront."""

import re

import pytest
from django.test import Client

from accounts.models import User
from orders.factories import place_order
from shop.testing.marks import on_one_database
from shop.testing.pages import forms_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("unthrottled", "development"),
    on_one_database,
]


@pytest.fixture
def development(settings):
    settings.DEBUG = True
    settings.PUBLIC_URL = "http://testserver"
    settings.STOREFRONT_LINKS = dict.fromkeys(settings.STOREFRONT_LINKS, "")


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def link_in(mail):
    text = mail.get_body(("plain",)).get_content()
    return re.search(r"http://testserver(/storefront/\S+)", text)[1]


def fill_in(browser, path, **values):
    page = browser.get(path)
    assert page["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    (form,) = forms_of(page)
    return browser.post(path, form | values)


def test_a_password_is_replaced_on_the_own_page(anyone, browser, ada, smtp, work):
    anyone.post("/api/users/password-reset/", {"email": ada.user.email})
    work()
    path = link_in(smtp.accepted[0])
    weak = fill_in(browser, path, new_password="12345")
    assert (weak.status_code, 'role="alert"' in weak.content.decode()) == (400, True)
    done = fill_in(browser, path, new_password="an-0ther-horse")
    assert "Your new password is saved." in done.content.decode()
    ada.user.refresh_from_db()
    assert ada.user.check_password("an-0ther-horse")
    assert fill_in(browser, path, new_password="a-third-h0rse").status_code == 400


def test_an_address_is_verified_on_the_own_page(anyone, browser, smtp, work):
    new = {"username": "eve", "email": "eve@example.com", "password": "corr3ct-horse"}
    anyone.post("/api/users/", new)
    work()
    path = link_in(smtp.accepted[0])
    assert User.objects.get().email_verified_at is None
    assert "Your address is confirmed." in fill_in(browser, path).content.decode()
    assert User.objects.get().email_verified_at is not None


def test_an_order_is_paid_on_the_own_page(browser, ada, tea, smtp, work):
    order = place_order(ada.user, tea)
    work()
    path = link_in(smtp.accepted[0])
    page = browser.get(path).content.decode()
    assert f"Order {order.number}" in page
    assert "$4.50" in page
    assert fill_in(browser, path).status_code == 200
    order.refresh_from_db()
    assert order.status == "paid"
    assert forms_of(browser.get(path)) == []
    wrong = browser.get("/storefront/order/?token=1.a.b")
    assert (wrong.status_code, order.number in wrong.content.decode()) == (401, False)


@pytest.mark.parametrize(
    "path", ["/storefront/order/", "/storefront/reset-password/", "/storefront/verify-email/"]
)
def test_the_own_pages_exist_in_development_only(browser, settings, path):
    assert browser.get(path).status_code == (401 if "order" in path else 200)
    assert browser.post(path).status_code == 403  # without the token against CSRF
    settings.DEBUG = False
    assert browser.get(path).status_code == 404
    assert browser.post(path).status_code == 404
