"""The pages of development that show the messages."""

import pytest
from django.test import Client

from orders.factories import place_order
from shop.mail import configuration
from shop.testing.marks import on_one_database

pytestmark = [pytest.mark.django_db, on_one_database]


@pytest.fixture
def folder(settings, tmp_path):
    settings.DEBUG = True
    settings.MAILERS = configuration.mailers("", timeout=1, is_debug=True)
    settings.MAIL_FOLDER = str(tmp_path / "mails")
    return tmp_path / "mails"


def test_the_pages_show_messages_without_running_what_they_contain(folder, client, ada, tea, work):
    assert "There are no messages yet" in client.get("/mail/").content.decode()
    tea.name = "<script>alert(1)</script>"
    tea.save()
    order = place_order(ada.user, tea)
    work()
    (file,) = folder.iterdir()
    listed = client.get("/mail/")
    assert f'<a href="/mail/{file.stem}/">Your order {order.number}</a>' in listed.content.decode()
    page = client.get(f"/mail/{file.stem}/")
    assert "1 × &lt;script&gt;alert(1)&lt;/script&gt;  $4.50" in page.content.decode()
    assert "<dt>To</dt><dd>ada@example.com</dd>" in page.content.decode()
    assert f'<iframe src="/mail/{file.stem}/html/"' in page.content.decode()
    for answer in (listed, page):
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; frame-src 'self'")
        assert answer["X-Frame-Options"] == "DENY"
    framed = client.get(f"/mail/{file.stem}/html/")
    assert "1 × &lt;script&gt;alert(1)&lt;/script&gt;" in framed.content.decode()
    policy = framed["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert framed["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("path", ["/mail/", "/mail/1/", "/mail/1/html/"])
def test_the_pages_exist_in_development_only(folder, settings, path):
    folder.mkdir()
    (folder / "1.eml").write_text("Subject: Hello\n\nText\n")
    browser = Client(enforce_csrf_checks=True)
    assert browser.get(path).status_code == 200
    assert browser.post(path).status_code == 404
    assert browser.get(path.replace("1", "2")).status_code == (404 if "1" in path else 200)
    settings.DEBUG = False
    assert browser.get(path).status_code == 404
