"""The texts of messages that staff write in each language of the shop."""

import re

import pytest
from django.test import Client

from accounts.factories import staff_with
from orders.factories import place_order
from orders.models import Order
from shop.mail.models import MailText
from shop.mail.previews import preview
from shop.testing.marks import on_one_database
from shop.testing.pages import form_of

pytestmark = [pytest.mark.django_db, on_one_database]
PAGE = "/admin/shop_mail/mailtext/"


@pytest.fixture(autouse=True)
def languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "français"}
    settings.SHOP_NAME = "Hearth & Home"


def save(browser, template, **texts):
    """Write texts on the pages of the admin, and return the last response."""
    row = MailText.objects.filter(template=template).first()
    if row is None:
        form = form_of(browser.get(f"{PAGE}add/")) | {"template": template}
        assert browser.post(f"{PAGE}add/", form).status_code == 302
        row = MailText.objects.get(template=template)
    path = f"{PAGE}{row.pk}/change/"
    form = form_of(browser.get(path))
    fields = {f"translations_{name}": text for name, text in texts.items()}
    assert fields.keys() <= form.keys()
    return browser.post(path, form | fields)


def without_token(text):
    """Return a text without the token of its link, which has the time."""
    return re.sub(r"token=[\w.-]+", "", text)


def test_a_message_has_the_texts_of_staff_in_its_language(admin_browser, ada, tea):
    Order.objects.filter(pk=place_order(ada.user, tea).pk).update(language="fr")
    order = Order.objects.get()
    english = preview("order_placed", language="en")
    assert preview("order_placed").subject == english.subject == f"Your order {order.number}"
    texts = {
        "fr_subject": "Votre commande {number}",
        "fr_text": "Merci ! <b>{shop_name}</b>",
    }
    assert save(admin_browser, "order_placed", **texts).status_code == 302
    words = {"fr_footer": "À bientôt, {shop_name}", "fr_words": "Item = Article\nPay now = Payer"}
    assert save(admin_browser, "words", **words).status_code == 302
    french = preview("order_placed")
    assert french.subject == f"Votre commande {order.number}"
    assert "Merci ! <b>Hearth & Home</b>" in french.text
    assert "&lt;b&gt;Hearth &amp; Home&lt;/b&gt;" in french.html
    for word in ("Article", "À bientôt, Hearth & Home", "To be paid by:", "Amount"):
        assert word in french.text
    assert "Thank you for your order" in french.text  # is not translated
    again = preview("order_placed", language="en")
    assert [without_token(text) for text in (again.subject, again.text, again.html)] == [
        without_token(text) for text in (english.subject, english.text, english.html)
    ]
    assert preview("order_placed", language="de").subject == f"Ihre Bestellung {order.number}"


def test_unknown_placeholders_are_refused(admin_browser):
    page = save(admin_browser, "order_placed", fr_text="{token} {number.__class__} {amount}")
    assert "The text may not contain {token}." in page.content.decode()
    assert MailText.objects.get().translations == {}
    assert save(admin_browser, "order_paid", de_text="{amount} {number.x}").status_code == 302


def test_the_preview_shows_no_order(admin_browser, ada, tea):
    order = place_order(ada.user, tea)
    save(admin_browser, "order_paid", fr_subject="Payé : {amount}", fr_heading="Merci")
    path = f"{PAGE}{MailText.objects.get().pk}/preview/"
    answer = admin_browser.get(f"{path}fr/")
    assert "sandbox" in answer["Content-Security-Policy"]
    html = answer.content.decode()
    assert "Merci" in html
    assert "24,00" in html
    assert order.number not in html
    assert admin_browser.get(f"{path}it/").status_code == 404
    stranger = Client()
    stranger.force_login(staff_with("orders.view_order"))
    assert stranger.get(f"{path}fr/").status_code == 403


def test_each_kind_of_message_has_a_preview(admin_browser):
    form = admin_browser.get(f"{PAGE}add/").content.decode()
    assert "staff_" not in form
    for template in ("order_shipped", "withdrawal_received", "password_reset", "return_approved"):
        save(admin_browser, template, de_heading="Guten Tag")
        pk = MailText.objects.get(template=template).pk
        assert "Guten Tag" in admin_browser.get(f"{PAGE}{pk}/preview/de/").content.decode()
