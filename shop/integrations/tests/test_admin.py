"""Webhooks in the admin."""

import re

import pytest
from standardwebhooks.webhooks import Webhook

from shop.integrations.models import WebhookDelivery, WebhookEndpoint
from shop.integrations.tests.conftest import record, run_due_tasks
from shop.testing.pages import confirm, form_of, messages_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/shop_integrations/webhookendpoint/"
LOG = "/admin/shop_integrations/webhookdelivery/"


def secret_in(response):
    (message,) = [text for text in messages_of(response) if "whsec_" in text]
    return re.search(r"whsec_[A-Za-z0-9+/=]+", message)[0]


def test_staff_add_an_endpoint_and_see_its_secret_once(admin_browser, receiver):
    form = form_of(admin_browser.get(f"{PAGE}add/"))
    form |= {"url": receiver.url, "kinds": "order.paid, order.refunded", "is_enabled": "on"}
    done = admin_browser.post(f"{PAGE}add/", form, follow=True)
    secret = secret_in(done)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.kinds, endpoint.is_enabled) == (["order.paid", "order.refunded"], True)
    record()
    run_due_tasks()
    (sent,) = receiver.requests
    assert Webhook(secret).verify(sent.body, sent.headers)
    for page in (PAGE, f"{PAGE}{endpoint.pk}/change/", f"{PAGE}{endpoint.pk}/history/"):
        assert "whsec_" not in admin_browser.get(page).content.decode()


def test_errors_are_at_their_fields_and_nothing_is_saved(admin_browser):
    form = form_of(admin_browser.get(f"{PAGE}add/"))
    page = admin_browser.post(
        f"{PAGE}add/", form | {"url": "http://127.0.0.2/", "kinds": "order paid"}
    ).content.decode()
    assert "The host has an address that is not public." in page
    assert not WebhookEndpoint.objects.exists()


def test_staff_change_rotate_and_delete_an_endpoint(admin_browser, created, receiver):
    page = f"{PAGE}{created['id']}/change/"
    form = form_of(admin_browser.get(page))
    form.pop("is_enabled")
    admin_browser.post(page, form | {"kinds": ""})
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_enabled, endpoint.kinds, endpoint.description) == (False, [], "Accounting")
    done = confirm(admin_browser, PAGE, "rotate_secret", endpoint)
    assert secret_in(done) != created["secret"]
    path = f"{PAGE}{endpoint.pk}/delete/"
    admin_browser.post(path, form_of(admin_browser.get(path)) | {"post": "yes"})
    assert not WebhookEndpoint.objects.exists()


def test_staff_send_a_delivery_again(admin_browser, created, receiver):
    record()
    run_due_tasks()
    delivery = WebhookDelivery.objects.get()
    done = confirm(admin_browser, LOG, "redeliver", delivery)
    assert messages_of(done) == [f"Sent again: {delivery}."]
    run_due_tasks()
    assert len(receiver.requests) == 2
    found = admin_browser.get(LOG, {"q": "order.paid"}).content.decode()
    assert "1 webhook delivery" in found
    assert admin_browser.get(f"{LOG}{delivery.pk}/change/").status_code == 200
